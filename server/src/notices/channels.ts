import type { ChannelId, WebhookId } from '@keyrail/contract/ids';
import type { NoticeKind } from '@keyrail/contract/notices';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Outbound } from '../outbound/call.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Who } from '../workspaces/who.ts';
import { checkAddress } from './address.ts';
import { type Channel, publicName } from './channel.ts';
import { hintOf, newSigningSecret, openChannelSecret, sealChannelSecret } from './channel-secret.ts';
import {
  type ChannelChange,
  changeChannel,
  countChannels,
  deleteChannel,
  findChannel,
  insertChannel,
  listChannels,
  lockChannel,
  lockChannels,
} from './channel-store.ts';
import { dropWaiting } from './delivery-store.ts';
import { letGo } from './raise.ts';
import { MOST_CHANNELS, type NoticeSettings } from './settings.ts';

export interface ChannelsDeps {
  transact: Transact;
  clock: Clock;
  keyring: Keyring;
  outbound: Pick<Outbound, 'check'>;
  /** Whether the operator has set a mail server. */
  isEmailAvailable: boolean;
  settings: Pick<NoticeSettings, 'previousSecretMs'>;
}

export type NewChannel =
  | { kind: 'email'; name: string; addresses: readonly string[]; kinds: readonly NoticeKind[] }
  | { kind: 'slack'; name: string; url: string; kinds: readonly NoticeKind[] }
  | { kind: 'webhook'; url: string; kinds: readonly NoticeKind[] };

export interface GivenChange {
  name?: string | undefined;
  kinds?: readonly NoticeKind[] | undefined;
  /** False also resumes one that was stopped. */
  isPaused?: boolean | undefined;
  addresses?: readonly string[] | undefined;
  url?: string | undefined;
}

/** Webhooks and the other channels are asked for apart: an id of one kind names nothing among the other. */
export type Family = 'webhook' | 'channel';

export async function list(
  { transact }: ChannelsDeps,
  who: Who,
  family: Family,
  page: { before: string | null; limit: number },
): Promise<Channel[]> {
  refuseBound(who);
  const isWebhook = family === 'webhook';
  return transact(who.workspaceId, (tx) => listChannels(tx, who.workspaceId, { ...page, isWebhook }), 'read');
}

export async function get(
  { transact }: ChannelsDeps,
  who: Who,
  family: Family,
  id: string,
): Promise<Channel> {
  refuseBound(who);
  const found = await transact(who.workspaceId, (tx) => findChannel(tx, who.workspaceId, id), 'read');
  return ofFamily(found, family);
}

/** `secret`: what a webhook's messages are signed with, this one time. */
export async function create(
  deps: ChannelsDeps,
  who: Who,
  given: NewChannel,
): Promise<{ channel: Channel; secret: Secret<string> | null }> {
  refuseBound(who);
  const { kind } = given;
  if (kind === 'email' && !deps.isEmailAvailable) throw noMailServer();
  if (kind !== 'email') await checkAddress(deps, given.url);
  const { workspaceId } = who;
  const at = deps.clock.now();
  const id = newId<ChannelId | WebhookId>(kind === 'webhook' ? 'hook' : 'nch', at.getTime());
  const secret = kind === 'webhook' ? newSigningSecret() : null;
  const place = { workspaceId, id, sealedVersion: 1 };
  const kept =
    secret !== null
      ? ({ kind: 'signing', secret, previous: null } as const)
      : kind === 'slack'
        ? ({ kind: 'address', url: new Secret(given.url) } as const)
        : null;
  const made: Channel = {
    ...place,
    kind,
    name: kind === 'webhook' ? given.url : given.name,
    addresses: kind === 'email' ? distinct(given.addresses) : [],
    url: kind === 'webhook' ? given.url : null,
    hint: secret !== null ? hintOf(secret) : kind === 'slack' ? addressHint(given.url) : null,
    sealed: kept === null ? null : await sealChannelSecret(deps, place, kept),
    previousSecretUntil: null,
    kinds: [...new Set(given.kinds)],
    ...{ isPaused: false, stoppedAt: null, failingSince: null, problem: null, lastDeliveredAt: null },
    createdBy: who.label,
    createdAt: at,
    version: 1,
  };
  await deps.transact(workspaceId, async (tx) => {
    await lockChannels(tx, workspaceId);
    if ((await countChannels(tx, workspaceId)) >= MOST_CHANNELS) throw tooMany();
    await insertChannel(tx, made);
    await recordDeed(tx, who, made, 'created', { kinds: [...made.kinds] });
  });
  return { channel: made, secret };
}

/**
 * `version`: what the caller saw last (If-Match). A webhook keeps what it is signed with when its address changes: that is
 * never sent anywhere.
 */
export async function update(
  deps: ChannelsDeps,
  who: Who,
  family: Family,
  id: string,
  given: GivenChange,
  version: number | null,
): Promise<Channel> {
  refuseBound(who);
  const before = await get(deps, who, family, id);
  refuseUnfit(before, given);
  if (given.url !== undefined) await checkAddress(deps, given.url);
  const at = deps.clock.now();
  const address = await newAddress(deps, before, given.url);
  await deps.transact(who.workspaceId, async (tx) => {
    const present = ofFamily(await lockChannel(tx, who.workspaceId, id), family);
    if (version !== null && present.version !== version) throw new AppError('edited_meanwhile');
    if (address.sealed !== undefined && present.sealedVersion !== before.sealedVersion)
      throw new AppError('edited_meanwhile');
    const isResumed = given.isPaused === false && (present.isPaused || present.stoppedAt !== null);
    const change: ChannelChange = {
      ...(given.name === undefined ? {} : { name: given.name }),
      ...(given.kinds === undefined ? {} : { kinds: [...new Set(given.kinds)] }),
      ...(given.addresses === undefined ? {} : { addresses: distinct(given.addresses) }),
      ...(given.isPaused === undefined ? {} : { isPaused: given.isPaused }),
      ...address,
      ...(isResumed ? { stoppedAt: null } : {}),
      ...(isResumed || given.url !== undefined ? { failingSince: null, problem: null } : {}),
    };
    await changeChannel(tx, present, change, { byPerson: true });
    if (given.isPaused === true) await dropWaiting(tx, who.workspaceId, id, 'Not sent: it was paused.', at);
    if (isResumed) await letGo(tx, { workspaceId: who.workspaceId, subject: subjectOf(present), at });
    const fields = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    await recordDeed(tx, who, present, 'changed', { fields });
  });
  return get(deps, who, family, id);
}

export async function remove(
  deps: ChannelsDeps,
  who: Who,
  family: Family,
  id: string,
  version: number | null,
): Promise<void> {
  refuseBound(who);
  await deps.transact(who.workspaceId, async (tx) => {
    const present = ofFamily(await lockChannel(tx, who.workspaceId, id), family);
    if (version !== null && present.version !== version) throw new AppError('edited_meanwhile');
    await deleteChannel(tx, who.workspaceId, id);
    await letGo(tx, { workspaceId: who.workspaceId, subject: subjectOf(present), at: deps.clock.now() });
    await recordDeed(tx, who, present, 'deleted', {});
  });
}

/** A new secret; the one before signs, too, for a day, so that receivers can change over in their own time. */
export async function rotateSecret(
  deps: ChannelsDeps,
  who: Who,
  id: string,
  version: number | null,
): Promise<{ channel: Channel; secret: Secret<string> }> {
  refuseBound(who);
  const before = await get(deps, who, 'webhook', id);
  const opened = await openChannelSecret(deps, before);
  const secret = newSigningSecret();
  const previous = opened?.kind === 'signing' ? opened.secret : null;
  const sealedVersion = before.sealedVersion + 1;
  const place = { ...before, sealedVersion };
  const sealed = await sealChannelSecret(deps, place, { kind: 'signing', secret, previous });
  const until = new Date(deps.clock.now().getTime() + deps.settings.previousSecretMs);
  await deps.transact(who.workspaceId, async (tx) => {
    const present = ofFamily(await lockChannel(tx, who.workspaceId, id), 'webhook');
    if (present.sealedVersion !== before.sealedVersion) throw new AppError('edited_meanwhile');
    if (version !== null && present.version !== version) throw new AppError('edited_meanwhile');
    const previousSecretUntil = previous === null ? null : until;
    const change = { sealed, sealedVersion, hint: hintOf(secret), previousSecretUntil };
    await changeChannel(tx, present, change, { byPerson: true });
    await recordDeed(tx, who, present, 'secret_rotated', {});
  });
  return { channel: await get(deps, who, 'webhook', id), secret };
}

/** An address that is a secret is sealed anew: the version is part of what is authenticated. */
async function newAddress(
  deps: ChannelsDeps,
  before: Channel,
  url: string | undefined,
): Promise<ChannelChange> {
  if (url === undefined) return {};
  if (before.kind === 'webhook') return { url, name: url };
  const sealedVersion = before.sealedVersion + 1;
  const place = { ...before, sealedVersion };
  const sealed = await sealChannelSecret(deps, place, { kind: 'address', url: new Secret(url) });
  return { sealed, sealedVersion, hint: addressHint(url) };
}

function refuseUnfit({ kind }: Channel, { addresses, url }: GivenChange): void {
  const problem = (path: string, message: string) =>
    new AppError('invalid_input', { fields: [{ path, message }] });
  if (addresses !== undefined && kind !== 'email')
    throw problem('addresses', 'Only a channel for e-mail has addresses.');
  if (url !== undefined && kind === 'email') throw problem('url', 'A channel for e-mail has no URL.');
}

function ofFamily(found: Channel | null, family: Family): Channel {
  if (found === null || (found.kind === 'webhook') !== (family === 'webhook'))
    throw new AppError('not_found');
  return found;
}

export function subjectOf({ id, kind }: Pick<Channel, 'id' | 'kind'>) {
  return { kind: kind === 'webhook' ? ('webhook' as const) : ('notification_channel' as const), id };
}

/** Notices speak of every connection, also those the token may not even see. */
export function refuseBound(who: Who): void {
  if (who.connectionIds === null) return;
  throw new AppError('forbidden', {
    detail: 'This token is bound to certain connections and has no part in where notices go.',
  });
}

/** Two that differ in case alone are one mailbox nearly everywhere. */
function distinct(addresses: readonly string[]): string[] {
  const byKey = new Map(addresses.map((address) => [address.toLowerCase(), address]));
  return [...byKey.values()];
}

function addressHint(url: string): string {
  return `${URL.parse(url)?.host ?? ''} …${url.slice(-4)}`;
}

async function recordDeed(
  tx: Tx,
  who: Who,
  channel: Channel,
  deed: string,
  detail: Record<string, string[]>,
): Promise<void> {
  const { kind, id } = subjectOf(channel);
  await record(tx, {
    who,
    action: `${kind}.${deed}`,
    subject: { kind, id, name: publicName(channel) },
    detail: { channel_kind: channel.kind, ...detail },
  });
}

function noMailServer(): AppError {
  return new AppError('conflict', {
    reason: 'no_mail_server',
    detail:
      'This server has no mail server, so it can send no e-mail. The operator sets one with KEYRAIL_SMTP_URL and KEYRAIL_MAIL_FROM.',
  });
}

function tooMany(): AppError {
  return new AppError('conflict', {
    reason: 'too_many',
    detail: `A workspace has at most ${MOST_CHANNELS} webhooks and other channels. Delete one first.`,
  });
}
