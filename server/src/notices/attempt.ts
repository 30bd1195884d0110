import { record } from '../audit/record.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { type Channel, isActive, publicName } from './channel.ts';
import { openChannelSecret } from './channel-secret.ts';
import { changeChannel, lockChannel } from './channel-store.ts';
import { subjectOf } from './channels.ts';
import { nextAttemptAt, type Sent } from './delivery.ts';
import { dropWaiting, settleAttempt } from './delivery-store.ts';
import type { DispatchStore, Taken } from './dispatch-store.ts';
import { mailOf } from './mail.ts';
import type { MailServer } from './mail-server.ts';
import { type Content, contentOf, testContent } from './message.ts';
import type { PostDeps } from './post.ts';
import { needAttention } from './raise.ts';
import { sendChat } from './send-chat.ts';
import { sendMail } from './send-mail.ts';
import { sendWebhook } from './send-webhook.ts';
import { findToSend, type ToSend } from './sending-store.ts';
import type { NoticeSettings } from './settings.ts';

export interface AttemptDeps extends PostDeps {
  transact: Transact;
  dispatchStore: Pick<DispatchStore, 'takeAlike'>;
  clock: Clock;
  keyring: Keyring;
  random: () => number;
  settings: NoticeSettings;
  /** Null: the operator has set none. */
  mailServer: MailServer | null;
  /** Authorities the mail server's certificate may come from, beside the public ones. */
  extraCa?: readonly string[];
  /** Throws where nothing may leave this server now; for what does not go through `outbound`, which asks by itself. */
  mayLeave?: () => undefined | Promise<void>;
  /** Where people reach this server. */
  ownUrl: string;
  /** Of each attempt: of which kind of channel, and how it ended. */
  count(channel: Channel['kind'], outcome: Sent['kind']): void;
}

/** A mail server may take its time: it looks at the mail before it answers. */
const MAIL_TIMES = 3;
const COPY =
  'Not sent: this database was restored or copied since, and it may have been sent before. Send it again if it is wanted.';

/** So many events stand in one message for people. */
const MOST_TOGETHER = 20;

interface Of {
  taken: Taken;
  found: ToSend;
}

/**
 * Makes one attempt that was taken, and writes down what came of it. What else waits for the same person goes with it: where a
 * provider ends two hundred connections at once, nobody gets two hundred mails. A program gets each event by itself.
 */
export async function attempt(deps: AttemptDeps, taken: Taken): Promise<void> {
  const one = await lookUp(deps, taken);
  if (one === null) return;
  const { channel } = one.found;
  const reason = reasonNotToSend(taken, one.found);
  const together = reason === null && channel.kind !== 'webhook' ? await withAlike(deps, one) : [one];
  const sent =
    reason ??
    (await send(
      deps,
      channel,
      together.map(({ found }) => found),
    ));
  deps.count(channel.kind, sent.kind);
  await deps.transact(taken.workspaceId, async (tx) => {
    for (const each of together) await settle(deps, tx, each.taken, each.found, sent);
  });
}

async function lookUp({ transact }: AttemptDeps, taken: Taken): Promise<Of | null> {
  const { workspaceId, id } = taken;
  const found = await transact(workspaceId, (tx) => findToSend(tx, workspaceId, id), 'read');
  return found && { taken, found };
}

/** In the order of the events. */
async function withAlike(deps: AttemptDeps, one: Of): Promise<Of[]> {
  const { taken, found } = one;
  if (found.notice === null) return [one];
  const now = deps.clock.now();
  const alike = await deps.dispatchStore.takeAlike(
    { ...taken, recipient: found.recipient },
    { now, until: new Date(now.getTime() + deps.settings.leaseMs), limit: MOST_TOGETHER - 1 },
  );
  const others = await Promise.all(alike.map((each) => lookUp(deps, each)));
  const all = [one, ...others.filter((each) => each !== null)];
  return all.sort((a, b) => ((a.found.notice?.id ?? '') < (b.found.notice?.id ?? '') ? -1 : 1));
}

function reasonNotToSend({ isFromBefore }: Taken, { channel, notice, recipient }: ToSend): Sent | null {
  const dropped = (answer: string): Sent => ({ kind: 'dropped', answer });
  if (isFromBefore) return dropped(COPY);
  if (notice !== null && !isActive(channel))
    return dropped(channel.stoppedAt === null ? 'Not sent: it was paused.' : 'Not sent: it was stopped.');
  if (recipient !== null && !channel.addresses.includes(recipient))
    return dropped('Not sent: the address was taken off the list.');
  return null;
}

async function send(deps: AttemptDeps, channel: Channel, all: readonly ToSend[]): Promise<Sent> {
  const contents = all.map(({ notice, workspaceName, createdAt }) => {
    const of = { workspaceId: channel.workspaceId, workspaceName, ownUrl: deps.ownUrl };
    return notice === null ? testContent(of, createdAt) : contentOf(of, notice);
  });
  const { id = '', recipient = null } = all[0] ?? {};
  return channel.kind === 'email'
    ? mailed(deps, id, contents, recipient ?? '')
    : posted(deps, id, channel, contents);
}

async function mailed(
  deps: AttemptDeps,
  id: string,
  contents: readonly Content[],
  to: string,
): Promise<Sent> {
  const { mailServer: server, ownUrl, extraCa, settings } = deps;
  if (server === null)
    return { kind: 'later', answer: 'This server has no mail server (KEYRAIL_SMTP_URL)', isOurs: true };
  await deps.mayLeave?.();
  const ownHost = new URL(ownUrl).hostname;
  const timeoutMs = settings.attemptTimeoutMs * MAIL_TIMES;
  return sendMail({ server, ownHost, extraCa, timeoutMs }, mailOf(contents, id, to, ownHost));
}

async function posted(
  deps: AttemptDeps,
  id: string,
  channel: Channel,
  contents: readonly Content[],
): Promise<Sent> {
  const secret = await openChannelSecret(deps, channel);
  if (secret === null)
    return {
      kind: 'refused',
      answer: 'Not sent: what is stored of it can no longer be read. Enter it again.',
    };
  if (secret.kind === 'address') return sendChat(deps, secret.url, contents);
  const { previousSecretUntil, url } = channel;
  const isPreviousGood = previousSecretUntil !== null && previousSecretUntil > deps.clock.now();
  const previous = isPreviousGood && secret.previous !== null ? [secret.previous] : [];
  const [content] = contents;
  if (content === undefined) throw new Error('a message about nothing');
  return sendWebhook(deps, { url: url ?? '', secrets: [secret.secret, ...previous] }, id, content);
}

async function settle(
  deps: AttemptDeps,
  tx: Tx,
  taken: Taken,
  { notice }: ToSend,
  sent: Sent,
): Promise<void> {
  const { workspaceId, channelId } = taken;
  const at = deps.clock.now();
  const channel = await lockChannel(tx, workspaceId, channelId);
  if (channel === null) return;
  const next = nextOf(deps, taken, sent, at);
  const state = sent.kind === 'delivered' ? 'delivered' : 'failed';
  const { answer } = sent;
  const came =
    next === null
      ? ({ state, answer, at } as const)
      : ({ state: 'pending', answer, nextAttemptAt: next } as const);
  // Another process has taken it since: what it finds out counts.
  if (!(await settleAttempt(tx, taken, came))) return;
  if (sent.kind === 'delivered') {
    await changeChannel(
      tx,
      channel,
      { lastDeliveredAt: at, failingSince: null, problem: null },
      { byPerson: false },
    );
    return;
  }
  if (sent.kind === 'dropped') return;
  const failingSince = channel.failingSince ?? at;
  await changeChannel(tx, channel, { failingSince, problem: answer }, { byPerson: false });
  const isLong = at.getTime() - failingSince.getTime() >= deps.settings.stopAfterMs;
  const isOurs = sent.kind === 'later' && sent.isOurs === true;
  const isStopped = sent.kind === 'gone' || (next === null && isLong && !isOurs && notice !== null);
  if (isStopped && isActive(channel)) await stop(tx, channel, answer, at);
}

function nextOf(deps: AttemptDeps, { attempts }: Taken, sent: Sent, at: Date): Date | null {
  if (sent.kind !== 'later') return null;
  return nextAttemptAt(deps.settings, attempts, sent.retryAfterSeconds ?? null, at, deps.random());
}

/** Nothing more is sent there, and people are told by the other ways. */
async function stop(tx: Tx, channel: Channel, answer: string, at: Date): Promise<void> {
  const { workspaceId } = channel;
  const name = publicName(channel);
  const subject = { ...subjectOf(channel), name, integration: null };
  await changeChannel(tx, channel, { stoppedAt: at }, { byPerson: false });
  await dropWaiting(tx, workspaceId, channel.id, 'Not sent: it was stopped.', at);
  const what = channel.kind === 'webhook' ? 'The webhook to' : 'The notification channel';
  await needAttention(tx, {
    workspaceId,
    subject,
    about: 'stopped',
    title: `${what} ${name} was stopped`,
    message: `No notices arrive there: ${answer.replace(/[.\s]+$/, '')}. Check the receiver, then resume it.`,
    whenOver: null,
    at,
  });
  await record(tx, {
    who: { workspaceId, system: 'keyrail' },
    action: `${subject.kind}.stopped`,
    subject: { kind: subject.kind, id: channel.id, name },
    detail: { channel_kind: channel.kind },
  });
}
