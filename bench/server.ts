import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../sandbox/server-process.ts';

/** A real server in a process of its own, with all it writes below `folder`; what `settings` says comes on top. */
export function startMeasured(
  folder: string,
  databaseUrl: string,
  settings: Record<string, string> = {},
): Promise<ServerProcess> {
  return startServerProcess({
    HOME: folder,
    // As npm start does: without it, Node's type stripper stays in memory.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    DATABASE_URL: databaseUrl,
    KEYRAIL_DATA_DIR: join(folder, 'files'),
    KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
    KEYRAIL_LOG_LEVEL: 'error',
    ...settings,
  });
}

/** Headers of somebody who is signed in and acts in a workspace. */
export interface Owner extends Record<string, string> {
  cookie: string;
  'keyrail-workspace': string;
}

/** Makes the owner's account by the one-time link, as the first person does. */
export async function signUp(server: Pick<ServerProcess, 'url' | 'setupLink'>): Promise<Owner> {
  const code = new URL(server.setupLink ?? '').searchParams.get('code');
  const person = { name: 'Bench', email: 'bench@example.com', password: 'a-fine-Password-0001' };
  const answer = await fetch(`${server.url}/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...person, workspace_name: 'Bench', code }),
  });
  const session = (await answer.json()) as { workspaces: { id: string }[] };
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { cookie, 'keyrail-workspace': session.workspaces[0]?.id ?? '' };
}
