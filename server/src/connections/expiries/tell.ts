import { record } from '../../audit/record.ts';
import type { Catalogs } from '../../catalog/catalogs.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import { putRight, raise } from '../../notices/raise.ts';
import type { Connection } from '../connection.ts';
import { changeConnection, lockConnection } from '../connection-store.ts';
import { insertEvent } from '../event-store.ts';
import { type Expiry, nextWarningAt, warningDue } from './expiry.ts';
import { messageOf, type Named, titleOf } from './expiry-words.ts';
import { findExpiry, hasNewerWarning, lockExpiry, noteWarned } from './store.ts';
import type { ExpirySweepStore } from './sweep-store.ts';

export interface TellDeps {
  transact: Transact;
  catalogs: Catalogs;
  clock: Clock;
}

const MOST_AT_ONCE = 500;
/** How long a job may take to come about before it is enqueued again. */
const LEASE_MS = 15 * 60_000;
const FORGET_AFTER_MS = 90 * 86_400_000;

/** Every minute: what is due to be said becomes jobs. What more there is waits for the next minute. */
export async function sweepExpiries(deps: {
  clock: Clock;
  expirySweepStore: ExpirySweepStore;
}): Promise<void> {
  const now = deps.clock.now();
  const again = new Date(now.getTime() + LEASE_MS);
  await deps.expirySweepStore.enqueueDue(now, again, MOST_AT_ONCE);
  await deps.expirySweepStore.forget(new Date(now.getTime() - FORGET_AFTER_MS));
}

/**
 * Says that an end comes near, or that it is no end any more. The warning, what it makes of the connection and that it was
 * given are one transaction, so that it is given once, by whichever process.
 */
export async function tellExpiry(deps: TellDeps, workspaceId: string, id: string): Promise<void> {
  const catalog = await deps.catalogs.of(workspaceId);
  await deps.transact(workspaceId, async (tx) => {
    const seen = await findExpiry(tx, workspaceId, id);
    if (seen === null) return;
    // Its connection before its own row, as whoever changes a connection does.
    const connection =
      seen.subject.kind === 'connection' ? await lockConnection(tx, workspaceId, seen.subject.id) : null;
    const expiry = await lockExpiry(tx, workspaceId, id);
    if (expiry === null) return;
    const now = deps.clock.now();
    if (!expiry.isCurrent) {
      await settle(tx, expiry, now);
      return;
    }
    const days = warningDue(expiry, now);
    const warned = { ...expiry, warnedDays: days ?? expiry.warnedDays };
    await noteWarned(tx, expiry, { warnedDays: warned.warnedDays, dueAt: nextWarningAt(warned, now) });
    if (days === null) return;
    const integration = connection?.integration ?? (expiry.kind === 'api_token' ? null : expiry.subject.id);
    const named = namedOf(
      expiry,
      connection,
      integration && (catalog.entry(integration)?.name ?? integration),
    );
    await warn(tx, expiry, { days, named, integration, now });
    if (connection !== null) await show(tx, connection, expiry, messageOf(expiry, named, now), now);
  });
}

function namedOf(expiry: Expiry, connection: Connection | null, integrationName: string | null): Named {
  const name = connection?.name ?? expiry.subjectName ?? integrationName ?? expiry.subject.id;
  return { name, integrationName };
}

interface Warning {
  days: number;
  named: Named;
  integration: string | null;
  now: Date;
}

async function warn(tx: Tx, expiry: Expiry, { days, named, integration, now }: Warning): Promise<void> {
  await raise(tx, {
    workspaceId: expiry.workspaceId,
    kind: 'expires_soon',
    subject: { ...expiry.subject, name: named.name, integration },
    about: aboutOf(expiry),
    eventKey: `expires:${expiry.id}:${days}`,
    title: titleOf(expiry, named, now),
    message: messageOf(expiry, named, now),
    at: now,
  });
}

/** What ends: a newer warning of the same takes the place of the one before. */
function aboutOf({ kind, source }: Pick<Expiry, 'kind' | 'source'>): string {
  return `${kind}:${source}`;
}

/** It was replaced, put off or taken away, after people had been told. */
async function settle(tx: Tx, expiry: Expiry, now: Date): Promise<void> {
  const { workspaceId, subject, warnedDays } = expiry;
  await noteWarned(tx, expiry, { warnedDays, dueAt: null });
  if (await hasNewerWarning(tx, expiry)) return;
  await putRight(tx, { workspaceId, subject, kind: 'expires_soon', about: aboutOf(expiry), at: now });
}

/**
 * A connection that is looked at by nobody says so by itself. Where something is wrong besides, that stays what is shown; a
 * date for replacing is no end; of a sign-in's end its tokens tell.
 */
async function show(
  tx: Tx,
  connection: Connection,
  { kind, source, endsAt }: Expiry,
  message: string,
  now: Date,
): Promise<void> {
  if (kind === 'rotation' || source === 'tool' || source === 'forecast') return;
  if (connection.status !== 'connected') return;
  const saved = { status: 'expiring_soon', statusReason: message, statusSince: now } as const;
  await changeConnection(tx, connection, saved, { now, byPerson: false });
  await insertEvent(tx, connection, { kind: 'status_changed', message, actor: null, at: now });
  await record(tx, {
    who: { workspaceId: connection.workspaceId, system: 'keyrail' },
    action: 'connection.status_changed',
    subject: { kind: 'connection', id: connection.id, name: connection.name },
    detail: {
      from: connection.status,
      to: 'expiring_soon',
      because: 'ends_soon',
      ends_at: endsAt.toISOString(),
    },
  });
}
