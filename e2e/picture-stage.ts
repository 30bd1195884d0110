import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../sandbox/server-process.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../sandbox/start.ts';

export interface PictureStage {
  server: ServerProcess;
  sandbox: Sandbox;
  close(): Promise<void>;
}

/** The real server with a database of its own and the sandbox, for pictures and measurements in a browser. */
export async function startPictureStage(settings: Record<string, string> = {}): Promise<PictureStage> {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-pictures-'));
  // PostgreSQL refuses to run as root and then runs as another user, who must get through here.
  chmodSync(folder, 0o711);
  const sandbox = await startSandbox({ latencyMs: 40 });
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const clean = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const server = await startServerProcess({
    KEYRAIL_DATA_DIR: join(folder, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
    KEYRAIL_UPSTREAMS: upstreams,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts,
    KEYRAIL_LOG_LEVEL: 'warn',
    ...settings,
  }).catch(async (error: unknown) => {
    await sandbox.close();
    clean();
    throw error;
  });
  return {
    server,
    sandbox,
    close: async () => {
      await server.stop();
      await sandbox.close();
      clean();
    },
  };
}
