import { askedForInAnHour } from '../audit/read.ts';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { isActive, publicName } from './channel.ts';
import { findChannel, lockChannel, lockChannels } from './channel-store.ts';
import { type Family, refuseBound, subjectOf } from './channels.ts';
import type { Delivery } from './delivery.ts';
import {
  announceDue,
  type DeliveryFilter,
  findDeliveries,
  insertTest,
  listDeliveries,
  sendAgain,
  testsSince,
} from './delivery-store.ts';
import { MOST_MAILS_AN_HOUR, MOST_TESTS_AN_HOUR } from './settings.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
}

const HOUR_MS = 3_600_000;

export async function list({ transact }: Deps, who: Who, filter: DeliveryFilter): Promise<Delivery[]> {
  refuseBound(who);
  return transact(who.workspaceId, (tx) => listDeliveries(tx, who.workspaceId, filter), 'read');
}

/** A message that says only that messages arrive; to one that is paused or stopped, too. */
export async function sendTest(deps: Deps, who: Who, family: Family, id: string): Promise<Delivery[]> {
  refuseBound(who);
  const { workspaceId } = who;
  const at = deps.clock.now();
  return deps.transact(workspaceId, async (tx) => {
    const channel = await lockChannel(tx, workspaceId, id);
    if (channel === null || (channel.kind === 'webhook') !== (family === 'webhook'))
      throw new AppError('not_found');
    const lately = await testsSince(tx, id, new Date(at.getTime() - HOUR_MS), MOST_TESTS_AN_HOUR * 20);
    if (lately >= MOST_TESTS_AN_HOUR * Math.max(1, channel.addresses.length)) throw tooManyTests();
    const mails = channel.kind === 'email' ? channel.addresses.length : 0;
    await refuseTooManyMails(tx, workspaceId, mails);
    const made = await insertTest(tx, workspaceId, channel, at);
    await announceDue(tx);
    const subject = { ...subjectOf(channel), name: publicName(channel) };
    await record(tx, { who, action: `${subject.kind}.tested`, subject, detail: { mails } });
    return findDeliveries(tx, workspaceId, made);
  });
}

/** The same message with the same id, so that a receiver who has it can tell. */
export async function resend(deps: Deps, who: Who, id: string): Promise<Delivery[]> {
  refuseBound(who);
  const { workspaceId } = who;
  return deps.transact(workspaceId, async (tx) => {
    const [found] = await findDeliveries(tx, workspaceId, [id]);
    const channel = found && (await findChannel(tx, workspaceId, found.channelId));
    if (found === undefined || channel == null) throw new AppError('not_found');
    if (!isActive(channel) && found.noticeId !== null) throw notSending(channel.stoppedAt !== null);
    const mails = found.recipient === null ? 0 : 1;
    await refuseTooManyMails(tx, workspaceId, mails);
    // One that is still being sent is what was asked for.
    if (await sendAgain(tx, workspaceId, id, deps.clock.now())) {
      await announceDue(tx);
      const subject = { kind: 'delivery', id, name: publicName(channel) };
      await record(tx, { who, action: 'delivery.resent', subject, detail: { mails } });
    }
    return findDeliveries(tx, workspaceId, [id]);
  });
}

/** A mail goes to whatever address an admin enters: it is no way to fill strangers' mailboxes. */
async function refuseTooManyMails(tx: Tx, workspaceId: string, mails: number): Promise<void> {
  if (mails === 0) return;
  await lockChannels(tx, workspaceId);
  const deeds = ['notification_channel.tested', 'delivery.resent'] as const;
  if ((await askedForInAnHour(tx, workspaceId, deeds, 'mails')) + mails <= MOST_MAILS_AN_HOUR) return;
  throw new AppError('too_many_requests', {
    detail: `At most ${MOST_MAILS_AN_HOUR} mails are sent in an hour for trying or once more. Nothing was sent.`,
    retryAfterSeconds: 600,
  });
}

function notSending(isStopped: boolean): AppError {
  return new AppError('conflict', {
    reason: isStopped ? 'stopped' : 'paused',
    detail: `Nothing is sent there now: it is ${isStopped ? 'stopped' : 'paused'}. Resume it first.`,
  });
}

function tooManyTests(): AppError {
  return new AppError('too_many_requests', {
    detail: `At most ${MOST_TESTS_AN_HOUR} test messages are sent through one channel in an hour. Nothing was sent.`,
    retryAfterSeconds: 600,
  });
}
