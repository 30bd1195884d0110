import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { DispatchStore, Taken } from './dispatch-store.ts';
import type { NoticeSettings } from './settings.ts';

export interface DispatcherDeps {
  store: DispatchStore;
  clock: Clock;
  settings: Pick<NoticeSettings, 'leaseMs' | 'atOnce' | 'atOnceOfWorkspace' | 'lookEveryMs'>;
  attempt(taken: Taken): Promise<void>;
  /** Throws where nothing may leave this server now. */
  mayLeave?: () => undefined | Promise<void>;
  log: { warn(fields: object, message: string): void };
}

/**
 * Sends what is due, beside the queue of jobs: a receiver that takes its time takes a place here, and no job's. One attempt at a
 * time for a channel, a few for a workspace, so that whoever is slow holds up nobody else. What is due stands in the database:
 * any number of processes share it, and what a killed one had taken is due again when its time is over.
 */
export interface Dispatcher {
  start(): void;
  /** Something may be due. */
  wake(): void;
  /** One look: takes what there is a place for, and returns the attempts; for tests, and inside. */
  look(): Promise<Promise<void>[]>;
  /** Takes nothing new, and waits for the attempts under way: none takes long. */
  stop(): Promise<void>;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { settings, clock, log } = deps;
  const underWay = new Map<string, { taken: Taken; done: Promise<void> }>();
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let bell = new AbortController();

  const ring = () => bell.abort();

  async function look(): Promise<Promise<void>[]> {
    const free = settings.atOnce - underWay.size;
    if (free <= 0) return [];
    await deps.mayLeave?.();
    const now = clock.now();
    const busy = [...underWay.values()].map(({ taken }) => taken);
    const due = await deps.store.take({
      now,
      until: new Date(now.getTime() + settings.leaseMs),
      limit: free,
      busyChannels: busy.map(({ channelId }) => channelId),
      busyWorkspaces: busy.map(({ workspaceId }) => workspaceId),
      atOnceOfWorkspace: settings.atOnceOfWorkspace,
    });
    return due.map(begin);
  }

  function begin(taken: Taken): Promise<void> {
    const done = deps
      .attempt(taken)
      // It is due again when its time is over.
      .catch((err: unknown) => log.warn({ err, delivery: taken.id }, 'a notice could not be sent just now'))
      .finally(() => {
        underWay.delete(taken.id);
        ring();
      });
    underWay.set(taken.id, { taken, done });
    return done;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waking = bell.signal;
      const begun = await look().catch((err: unknown) => {
        // Nothing may leave now, or the database is away: others say so.
        if (!stopping.signal.aborted && !(err instanceof AppError))
          log.warn({ err }, 'could not look for notices to send');
        return [];
      });
      if (begun.length > 0) continue;
      await clock.sleep(settings.lookEveryMs, AbortSignal.any([waking, stopping.signal])).catch(() => {});
      if (waking.aborted) bell = new AbortController();
    }
  }

  return {
    start: () => {
      running ??= run();
    },
    wake: ring,
    look,
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
}
