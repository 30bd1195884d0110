import { afterAll, beforeAll, expect } from 'vitest';
import { startApp, type TestApp } from './app.ts';
import { clock, startWatchedAccounts } from './watched-accounts.ts';
import type { Watched, WatchedTools } from './watched-tools.ts';

/** Two servers on one database, at tools that write down what they are asked. There once `startSigningServers` was called. */
export let app: TestApp;
let other: TestApp;
export let tools: WatchedTools;

export function startSigningServers(): void {
  beforeAll(async () => {
    tools = await startWatchedAccounts();
    app = await startApp({ settings: tools.settings, clock });
    other = await startApp({
      settings: tools.settings,
      clock,
      database: app.database,
      keyFile: app.config.masterKeyFile,
    });
  });
  afterAll(async () => {
    await other?.close();
    await app?.close();
    await tools?.close();
  });
}

export const connect = (integration: string, method: string | undefined, credentials: object) =>
  app.owner.post('/v1/connections', { integration, ...(method && { method }), credentials });

export async function connected(
  integration: string,
  method: string | undefined,
  credentials: object,
): Promise<string> {
  const made = await connect(integration, method, credentials);
  expect([made.status, made.json?.status], made.text).toEqual([201, 'connected']);
  return made.json.id;
}

/** Calls through both servers at once; the statuses that came. */
export async function callsThroughBoth(id: string, path: string, many = 12): Promise<number[]> {
  const calls = Array.from({ length: many }, (_, index) =>
    (index % 2 === 0 ? app : other).owner.get(`/v1/proxy/${id}/${path}`),
  );
  return (await Promise.all(calls)).map(({ status }) => status);
}

export const last = (requests: readonly Watched[]) => {
  const found = requests.at(-1);
  if (found === undefined) throw new Error('no request came');
  return found;
};
