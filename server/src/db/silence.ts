import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Tells a database that does not answer at all from a statement that takes its time. */
export interface SilenceWatch {
  /**
   * Rejects as soon as the database is found silent while `answer` is awaited; otherwise as `answer` itself. Who gets the
   * rejection must throw the connection away: its answer may still come.
   */
  unlessSilent<T>(answer: Promise<T>): Promise<T>;
  /** When it was found silent last, by `performance.now()`: connections older than that may never answer again. */
  lastSilentAt(): number;
}

interface SilenceOptions {
  url: string;
  /** How long an answer may take before anybody wonders. */
  wonderAfterMs: number;
  /** How long the database then has to answer on a connection of its own. */
  pulseTimeoutMs: number;
}

/** Found silent a moment ago, it need not be asked again for each of many who wait: longer than anybody waits to wonder. */
const REMEMBERED_MS = 2_000;
const STEP_MS = 100;

/**
 * A statement may rightly take half a minute; a request must not wait that long for a database that is paused, cut off or
 * stuck. So when an answer takes long, a new connection asks for `select 1`: where that is answered (an error is an answer
 * too) the statement is merely slow and is waited for, else everything that waits is told now.
 */
export function watchSilence(options: SilenceOptions): SilenceWatch {
  let asking: Promise<boolean> | null = null;
  let silentAt = Number.NEGATIVE_INFINITY;

  function isSilent(): Promise<boolean> {
    if (performance.now() < silentAt + REMEMBERED_MS) return Promise.resolve(true);
    asking ??= hasNoPulse(options).then((silent) => {
      asking = null;
      if (silent) silentAt = performance.now();
      return silent;
    });
    return asking;
  }

  return {
    lastSilentAt: () => silentAt,
    unlessSilent: (answer) =>
      new Promise((resolve, reject) => {
        let isOver = false;
        const wonder = async () => {
          const silent = await isSilent();
          if (isOver) return;
          if (silent) reject(new DatabaseSilent());
          else timer = later();
        };
        const later = () => setTimeout(() => void wonder(), options.wonderAfterMs);
        let timer = later();
        const end = () => {
          isOver = true;
          clearTimeout(timer);
        };
        answer.finally(end).then(resolve, reject);
      }),
  };
}

/** Known by its name where failures are told apart (failure.ts). */
class DatabaseSilent extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('the database does not answer');
    this.name = 'DatabaseSilent';
  }
}

async function hasNoPulse({ url, pulseTimeoutMs }: SilenceOptions): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, application_name: 'keyrail pulse' });
  client.on('error', () => {});
  const asked = client
    .connect()
    .then(() => client.query('select 1'))
    // Refused, full, starting up: something is there, and says so to those who wait as well.
    .then(
      () => false,
      () => false,
    );
  const waiting = new AbortController();
  const silent = await Promise.race([asked, heardNothingFor(pulseTimeoutMs, waiting.signal)]);
  waiting.abort();
  hangUp(client, silent);
  return silent;
}

/**
 * Counted in steps: our own loop may be what is busy, and a pulse takes several turns of it. What arrived is read after each, and
 * however long a turn took, it counts as one step.
 */
async function heardNothingFor(ms: number, signal: AbortSignal): Promise<boolean> {
  for (let at = 0; at < ms && !signal.aborted; at += STEP_MS) {
    await sleep(Math.min(STEP_MS, ms - at), null, { signal }).catch(() => {});
    await nextTurn();
    await nextTurn();
  }
  return true;
}

/** A good-bye is not waited for: nobody may be there to hear it. */
function hangUp(client: pg.Client, silent: boolean): void {
  if (silent)
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  else client.end().catch(() => {});
}
