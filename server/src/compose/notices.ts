import type { ComposeDeps } from '../compose.ts';
import type { ConnectionsDeps } from '../connections/connections.ts';
import type { Listener } from '../db/listen.ts';
import type { Transact } from '../lib/tx.ts';
import { DELIVERY_DUE } from '../notices/announce.ts';
import { createDispatchStore } from '../notices/dispatch-store.ts';
import { createNotices, type Notices } from '../notices/notices.ts';
import { createNoticeSweepStore } from '../notices/sweep-store.ts';

/** What people are told, and by which ways; on the same vault and engine as the connections. */
export async function composeNotices(
  { config, db, clock, log, metrics, instance }: ComposeDeps,
  transact: Transact,
  { keyring, outbound }: Pick<ConnectionsDeps, 'keyring' | 'outbound'>,
  listener: Listener,
): Promise<Notices> {
  const { smtpUrl, mailFrom, publicUrl, host, port } = config;
  const attempts = metrics.counter(
    'keyrail_notice_attempts_total',
    'Attempts to send a notice, by kind of channel and how they ended.',
    ['channel', 'outcome'],
  );
  const notices = createNotices({
    transact,
    ownTransact: db.transact,
    clock,
    keyring,
    outbound,
    mailServer: smtpUrl === null || mailFrom === null ? null : { ...smtpUrl, from: mailFrom },
    ownUrl: publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    dispatchStore: createDispatchStore(db.system),
    sweepStore: createNoticeSweepStore(db.system),
    mayLeave: instance.mayLeave,
    count: (channel, outcome) => attempts.add({ channel, outcome }),
    log,
  });
  const { wake } = notices.dispatcher;
  await listener.listen(DELIVERY_DUE, wake, wake);
  return notices;
}
