import { INSTANCE_CHANGED, VOUCHER } from './announce.ts';
import type { Instance } from './instance.ts';

interface WatchDeps {
  instance: Instance;
  listener: {
    listen(
      channel: string,
      onMessage: (payload: string) => void,
      onGap?: () => void,
      onLost?: () => void,
    ): Promise<unknown>;
    run(statement: string): Promise<void>;
  };
  log: { warn(fields: object, message: string): void };
}

/**
 * Hears an operator's decision, doubts a database that was lost until it was looked at again, and vouches for it: while this
 * process is confirmed it shares a lock on the database, by which processes of other machines see that it is the one they mean.
 */
export async function watchInstance({ instance, listener, log }: WatchDeps): Promise<void> {
  let isVouching = false;
  const vouch = async () => {
    const wanted = !instance.isQuarantined();
    if (wanted === isVouching) return;
    isVouching = wanted;
    const deed = wanted ? 'pg_advisory_lock_shared' : 'pg_advisory_unlock_shared';
    await listener.run(`select ${deed}(${VOUCHER}, 1)`);
  };
  const settle = (work: Promise<void>) => {
    work.then(vouch).catch((error: unknown) => {
      isVouching = false;
      log.warn({ err: error }, 'could not look which instance the database is');
    });
  };
  instance.onChange(() => settle(Promise.resolve()));
  await listener.listen(
    INSTANCE_CHANGED,
    () => settle(instance.look()),
    () => {
      // The lock went with the lost connection.
      isVouching = false;
      settle(instance.look());
    },
    () => instance.doubt(),
  );
  await vouch();
}
