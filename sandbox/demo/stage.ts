import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../start.ts';

export interface Stage {
  server: ServerProcess;
  sandbox: Sandbox;
}

/** How long the stand-ins take to answer, which is what real ones do not beat. */
const LATENCY_MS = 60;

/**
 * The sandbox and the server that is pointed at it, with an embedded PostgreSQL, data folder and master key of their own
 * that are gone afterwards, whatever happens in between. `stopping` ends the start, and what plays.
 */
export async function onStage<Result>(
  stopping: AbortSignal,
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-demo-'));
  // PostgreSQL refuses to run as root and then runs as another user, who must get through here.
  chmodSync(folder, 0o711);
  const sandbox = await startSandbox({ latencyMs: LATENCY_MS });
  let server: ServerProcess | null = null;
  try {
    const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
    server = await startServerProcess(
      {
        KEYRAIL_DATA_DIR: join(folder, 'data'),
        KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
        KEYRAIL_UPSTREAMS: upstreams,
        KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts,
        KEYRAIL_LOG_LEVEL: 'warn',
      },
      stopping,
    );
    return await Promise.race([play({ server, sandbox }), aborted(stopping)]);
  } catch (error) {
    if (server !== null && !stopping.aborted) throw new PlayFailed(error, server.said());
    throw error;
  } finally {
    await server?.stop();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** What went wrong, with what the server said meanwhile. */
export class PlayFailed extends Error {
  override readonly name = 'PlayFailed';
  readonly serverSaid: string;

  constructor(cause: unknown, serverSaid: string) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.serverSaid = serverSaid;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
