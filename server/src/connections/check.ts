import type { Verdict } from '@keyrail/contract/verdicts';
import { record } from '../audit/record.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Tx } from '../lib/tx.ts';
import type { GrantEnd } from '../tokens/grant.ts';
import type { Who } from '../workspaces/who.ts';
import { connectionHealed } from './announce.ts';
import { type CheckSettings, nextCheckAt } from './check-times.ts';
import { type Connection, isHealthy } from './connection.ts';
import { type ConnectionChange, changeConnection } from './connection-store.ts';
import { insertEvent } from './event-store.ts';
import { probeOf } from './probe.ts';
import { statusAfter, statusByEnd, statusByEnteredEnd, statusByGrantEnd } from './status.ts';
import { tellStatus } from './tell-status.ts';
import type { Finding } from './verdict.ts';

interface Checked {
  found: Finding;
  verdict: Verdict;
  definition: Definition;
  method: AuthMethod;
  /** When the credential itself ends, where known. */
  expiresAt?: Date | null;
  /** The same as a person entered it. */
  endsAt?: Date | null;
  /** When the access that signing in gave ends, where known. */
  grantEnd?: GrantEnd | null;
  at: Date;
}

/**
 * What a check changes of a connection. A check that could not be made leaves status and reason as they are (of a
 * new credential: `unverified`), and comes again soon.
 */
export function changeAfter(
  settings: CheckSettings,
  before: Pick<Connection, 'status' | 'statusReason' | 'checksMissed'> | null,
  { found, verdict, definition, method, expiresAt = null, endsAt = null, grantEnd = null, at }: Checked,
): ConnectionChange &
  Required<Pick<ConnectionChange, 'status' | 'statusReason' | 'nextCheckAt' | 'checksMissed'>> {
  const ending =
    statusByEnd(statusAfter(found), expiresAt, at) ??
    statusByGrantEnd(statusAfter(found), grantEnd, definition.name, at) ??
    statusByEnteredEnd(statusAfter(found), endsAt, method.type === 'oauth2', at);
  const judged = ending?.status ?? statusAfter(found);
  const status = judged ?? before?.status ?? 'unverified';
  const checksMissed = judged === null ? (before?.checksMissed ?? 0) + 1 : 0;
  const hasProbe = probeOf(definition, method) !== null;
  const { retryAfterSeconds } = found;
  const reason = ending?.reason ?? (status === 'connected' ? null : verdict.message);
  return {
    status,
    statusReason: judged === null && before !== null ? before.statusReason : reason,
    ...(status === before?.status ? {} : { statusSince: at }),
    ...(found.account === null ? {} : { account: found.account }),
    ...(found.accountId === null ? {} : { accountId: found.accountId }),
    lastVerdict: verdict,
    lastCheckedAt: at,
    checksMissed,
    nextCheckAt: nextCheckAt(
      settings,
      { status, hasProbe, checksMissed, retryAfterSeconds },
      at,
      Math.random(),
    ),
  };
}

/** Writes what a check of a saved connection found, its line in the timeline, and the news that it was healed. */
export async function saveCheck(
  tx: Tx,
  settings: CheckSettings,
  before: Connection,
  checked: Checked,
  who: Who | null,
): Promise<void> {
  const change = changeAfter(settings, before, {
    expiresAt: before.expiresAt,
    endsAt: before.endsAt,
    ...checked,
  });
  const { at, verdict } = checked;
  await changeConnection(tx, before, change, { now: at, byPerson: false });
  const isChanged = change.status !== before.status;
  const isNews = who !== null || isChanged || verdict.kind !== before.lastVerdict?.kind;
  if (isNews) {
    const kind = isChanged ? 'status_changed' : 'checked';
    const isEnding = isChanged && change.status === 'expiring_soon';
    const message = (isEnding ? change.statusReason : null) ?? verdict.message;
    await insertEvent(tx, before, { kind, message, actor: who?.label ?? null, at });
  }
  if (!isChanged) return;
  await record(tx, {
    who: who ?? { workspaceId: before.workspaceId, system: 'keyrail' },
    action: 'connection.status_changed',
    subject: { kind: 'connection', id: before.id, name: before.name },
    detail: { from: before.status, to: change.status, verdict: verdict.kind },
  });
  const { name } = checked.definition;
  const reason = change.statusReason ?? verdict.message;
  await tellStatus(tx, before, { status: change.status, name, reason, at });
  if (!isHealthy(before.status) && isHealthy(change.status)) await tellHealed(tx, before);
}

/** Waiting work may go on. */
export async function tellHealed(
  tx: Tx,
  { workspaceId, id, integration }: Pick<Connection, 'workspaceId' | 'id' | 'integration'>,
): Promise<void> {
  const payload = { workspace_id: workspaceId, connection_id: id, integration };
  await enqueue(tx, connectionHealed, payload, { key: `${connectionHealed.name}:${id}` });
}
