import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AuthorizationId, WorkspaceId } from '@keyrail/contract/ids';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/database.ts';
import { type Listening, listenOn } from '../../../test/door.ts';
import { authMethodSchema, type OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { AppError } from '../../lib/app-error.ts';
import { newId } from '../../lib/id.ts';
import { Secret } from '../../lib/secret.ts';
import { sealOperatorSecret } from '../../oauth/setups/app-secret.ts';
import { createOperatorAppStore } from '../../oauth/setups/app-store.ts';
import { createKeyring } from '../../vault/keyring.ts';
import { masterKey } from '../../vault/master-key.ts';
import { onlyKey } from '../../vault/master-keys.ts';
import { dataKeyStore } from '../../vault/store.ts';
import type { Who } from '../../workspaces/who.ts';
import { definitionAt, openRoom, type Room, standingClock } from '../under-test.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export let database: TestDatabase;
export let room: Room;
export let other: Room;
export let desk: Listening & { url: string };
export let who: Who;
export const seen: Seen[] = [];
/** What the provider answers, one after the other; then 200. */
export const answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
/** Nothing may leave a copy. */
export const instance = { isCopy: false };
export const clock = standingClock();
const master = masterKey(randomBytes(32));
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const CLIENT = { id: 'client:1 +%é', secret: 'fake:secret%with +é/0001' };

/** Somebody of another workspace does what follows. */
export function actAs(other: Who): void {
  who = other;
}

/** A room and the desk of a provider that is told to end access, for the tests of one file. */
export function useDesk(): void {
  beforeAll(async () => {
    database = await freshDatabase();
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
      const answer = answers.shift() ?? { status: 200 };
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body ?? '{}');
    });
    const listening = await listenOn(server);
    desk = { ...listening, url: `http://127.0.0.1:${listening.port}` };
    const mayLeave = () => {
      if (instance.isCopy) throw new AppError('quarantined');
      return undefined;
    };
    const definitions = [definitionAt(desk.url)];
    const options = { database, definitions, ports: [desk.port], clock, master, mayLeave };
    room = openRoom(options);
    other = openRoom(options);
    const keyring = createKeyring({ store: dataKeyStore(database.db.system), masterKeys: onlyKey(master) });
    const place = { integration: 'acme', version: 1 };
    await createOperatorAppStore(database.db.system).save({
      ...place,
      clientId: CLIENT.id,
      sealed: await sealOperatorSecret({ keyring }, place, CLIENT.secret),
      secretHint: null,
      updatedAt: clock.now(),
    });
  });
  beforeEach(async () => {
    who = await room.owner();
    seen.length = 0;
    answers.length = 0;
  });
  afterAll(async () => {
    await Promise.all([room.close(), other.close(), desk.close()]);
    await database.close();
  });
}

function methodWith(more: object): OAuth2Method {
  const method = authMethodSchema.parse({
    type: 'oauth2',
    authorize_url: `${desk.url}/authorize`,
    token_url: `${desk.url}/token`,
    revoke_url: `${desk.url}/revoke`,
    remove_url: 'https://acme.example/apps',
    ...more,
  });
  if (method.type !== 'oauth2') throw new Error('no sign-in');
  return method;
}

interface Got {
  access?: string;
  refresh?: string | null;
  account?: string | null;
}

/** Access of a sign-in that came to nothing; the withdrawal's id. */
export async function givenUp(more: object, { access, refresh, account }: Got = {}): Promise<string> {
  const definition = definitionAt(desk.url);
  const workspaceId = who.workspaceId as WorkspaceId;
  const minted = {
    accessToken: new Secret(access ?? 'fake-access-token-0001'),
    refreshToken: refresh === null ? null : new Secret(refresh ?? 'fake-refresh-token-0001'),
    expiresInSeconds: 3600,
    refreshExpiresInSeconds: null,
    grantEndsInSeconds: null,
    scopes: null,
    fields: {},
  };
  const authorization = {
    id: newId<AuthorizationId>('aut'),
    workspaceId,
    clientId: CLIENT.id,
    redirectUri: 'http://127.0.0.1/oauth/callback/acme',
    wanted: { fields: {} },
  } as never;
  await database.db.transact(workspaceId, (tx) =>
    room.connections.withdrawals.refuse(tx, {
      authorization,
      definition,
      method: methodWith(more),
      minted,
      account: account === undefined ? { id: 'acc-1', name: 'Ada' } : account && { id: account, name: null },
      told: {},
    } as never),
  );
  // The clock stands still, so the list has no order.
  clock.move(1);
  return (await one()).id;
}

/** The newest. */
export async function one() {
  const [first] = await room.connections.withdrawals.list(who, { state: undefined, before: null, limit: 10 });
  if (first === undefined) throw new Error('there is no withdrawal');
  return first;
}

export const tell = (id: string, from = room) => from.connections.withdrawals.tell(who.workspaceId, id);
export const form = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(body));
export const sent = () => {
  const [first] = seen;
  if (first === undefined) throw new Error('the provider was not told');
  return first;
};
/** RFC 6749 §2.3.1. */
export const basic = `Basic ${Buffer.from(
  [CLIENT.id, CLIENT.secret].map((part) => new URLSearchParams({ p: part }).toString().slice(2)).join(':'),
).toString('base64')}`;
