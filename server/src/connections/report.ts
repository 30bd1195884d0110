import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import { connectionCheck } from './announce.ts';
import { nextCheckAt } from './check-times.ts';
import { isBroken } from './connection.ts';
import { changeConnection, lockConnection, noteReport } from './connection-store.ts';
import { markDamaged } from './damaged-store.ts';
import { insertEvent } from './event-store.ts';
import type { ConnectionSettings } from './settings.ts';
import { tellStatus } from './tell-status.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
  settings: ConnectionSettings;
  /** For the names of integrations; left out where nobody is to be told. */
  catalogs?: Catalogs;
}

/**
 * A call was refused with `version` although nothing newer was there. One such answer is no proof (some providers
 * answer 401 for one endpoint alone), so the connection is checked: at once for the first report, and for many not more
 * often than once in `checkGapMs`. What was replaced meanwhile, or is known to be broken, needs no check.
 */
export async function reportUnauthenticated(
  { transact, clock, settings }: Deps,
  workspaceId: string,
  connectionId: string,
  version: number,
): Promise<void> {
  await transact(workspaceId, async (tx) => {
    const connection = await lockConnection(tx, workspaceId, connectionId);
    if (connection === null || connection.credentialVersion !== version || isBroken(connection.status))
      return;
    const [now, reportedAt] = [clock.now(), connection.reportedAt?.getTime() ?? 0];
    const isWaiting = reportedAt > now.getTime();
    if (isWaiting) return;
    const runAt = new Date(Math.max(now.getTime(), reportedAt + settings.checkGapMs));
    await noteReport(tx, connection, runAt);
    const payload = { workspace_id: workspaceId, connection_id: connectionId };
    const key = `${connectionCheck.name}:${connectionId}`;
    await enqueue(tx, connectionCheck, payload, { key, runAt });
  });
}

/** A call found the credits used up. Said at once, since a check may not see it; a later check that is fine heals it. */
export async function reportOutOfCredits(
  { transact, clock, settings, catalogs }: Deps,
  workspaceId: string,
  connectionId: string,
  message: string,
): Promise<void> {
  const catalog = await catalogs?.of(workspaceId);
  await transact(workspaceId, async (tx) => {
    const connection = await lockConnection(tx, workspaceId, connectionId);
    const isWorth = connection !== null && connection.status !== 'out_of_credits';
    if (!isWorth || isBroken(connection.status) || connection.status === 'disconnected') return;
    const now = clock.now();
    const status = 'out_of_credits' as const;
    const next = { status, hasProbe: true, checksMissed: 0, retryAfterSeconds: null };
    await changeConnection(
      tx,
      connection,
      {
        status,
        statusReason: message,
        statusSince: now,
        nextCheckAt: nextCheckAt(settings, next, now, Math.random()),
      },
      { now, byPerson: false },
    );
    await insertEvent(tx, connection, { kind: 'status_changed', message, actor: null, at: now });
    const name = catalog?.get(connection.integration)?.name ?? connection.integration;
    await tellStatus(tx, connection, { status, name, reason: message, at: now });
  });
}

const DAMAGED = {
  damaged: 'The stored credentials can no longer be read. Enter them again.',
  key_lost: 'The key that protected these credentials is lost. Enter them again.',
};

/**
 * A stored secret does not open: said on its connection, once, and nothing else suffers. Of credentials that could only be
 * rolled back to nothing is said: what is in use works.
 */
export async function reportDamaged(
  { transact, clock, catalogs }: Pick<Deps, 'transact' | 'clock' | 'catalogs'>,
  workspaceId: string,
  connectionId: string,
  version: number,
  because: keyof typeof DAMAGED = 'damaged',
): Promise<void> {
  const catalog = await catalogs?.of(workspaceId);
  await transact(workspaceId, async (tx) => {
    const connection = await lockConnection(tx, workspaceId, connectionId);
    if (connection === null) return;
    const now = clock.now();
    const isFirst = await markDamaged(tx, workspaceId, connectionId, version, now);
    if (connection.credentialVersion !== version || connection.status === 'disconnected') return;
    if (!isFirst && connection.status === 'invalid') return;
    const message = DAMAGED[because];
    const change = { status: 'invalid', statusReason: message, statusSince: now, nextCheckAt: null } as const;
    await changeConnection(tx, connection, change, { now, byPerson: false });
    await insertEvent(tx, connection, { kind: 'unreadable', message, actor: null, at: now });
    // A key that is lost takes many with it, and the operator knows.
    if (because === 'damaged') {
      const name = catalog?.get(connection.integration)?.name ?? connection.integration;
      await tellStatus(tx, connection, { status: 'invalid', name, reason: message, at: now });
    }
    await record(tx, {
      who: { workspaceId, system: 'keyrail' },
      action: 'connection.status_changed',
      subject: { kind: 'connection', id: connectionId, name: connection.name },
      detail: {
        from: connection.status,
        to: 'invalid',
        because: because === 'damaged' ? 'unreadable' : because,
      },
    });
  });
}
