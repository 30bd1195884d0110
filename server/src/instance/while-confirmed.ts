import type { Instance } from './instance.ts';

interface Deps {
  instance: Pick<Instance, 'isQuarantined' | 'onChange'>;
  log: { error(fields: object, message: string): void };
}

/** What may be begun and ended again and again. */
export type Begin = () => Promise<{ stop(): Promise<void> }>;

/**
 * Work that goes on while this process is confirmed, and stands still while it is not. The first beginning is waited for,
 * and fails as it fails; a later one that fails is for the log.
 */
export async function whileConfirmed(deps: Deps, begin: Begin): Promise<{ stop(): Promise<void> }> {
  let work: { stop(): Promise<void> } | null = null;
  let isEnding = false;
  let turning: Promise<void> = Promise.resolve();

  async function turn(): Promise<void> {
    const wanted = !isEnding && !deps.instance.isQuarantined();
    if (wanted && work === null) work = await begin();
    else if (!wanted && work !== null) {
      const ended = work;
      work = null;
      await ended.stop();
    }
  }
  const next = () => {
    turning = turning.then(turn);
    return turning;
  };

  await next();
  const unlisten = deps.instance.onChange(() => {
    turning = next().catch((error: unknown) =>
      deps.log.error({ err: error }, 'background work could not be begun or ended'),
    );
  });
  return {
    stop: async () => {
      isEnding = true;
      unlisten();
      await next();
    },
  };
}
