import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { tellHealed } from './check.ts';
import { type Connection, isBroken, isHealthy } from './connection.ts';
import { type ConnectionChange, changeConnection, lockConnection } from './connection-store.ts';
import { insertEvent } from './event-store.ts';
import { fitsAgainWords, type Misfit, misfitOf, misfitWords } from './misfit.ts';
import { tellStatus } from './tell-status.ts';

interface Deps {
  transact: Transact;
  catalogs: Catalogs;
  clock: Clock;
}

/**
 * What is stored of a connection is held against the catalog, and its status says what came of it, once:
 *
 *   fits → misfit: nothing of it is sent any more; what its status was is kept. One that is broken anyway stays as it is.
 *   misfit → fits: its status is what it was, and it is checked soon.
 *
 * Answers why it does not fit; null: it does, or is gone.
 */
export async function settleFit(deps: Deps, workspaceId: string, id: string): Promise<Misfit | null> {
  const catalog = await deps.catalogs.of(workspaceId);
  return deps.transact(workspaceId, async (tx) => {
    const before = await lockConnection(tx, workspaceId, id);
    if (before === null) return null;
    const misfit = misfitOf(catalog, before);
    if (misfit === before.misfit || before.status === 'disconnected') return misfit;
    const name = catalog.entry(before.integration)?.name ?? before.integration;
    const at = deps.clock.now();
    if (misfit === null) await restore(tx, before, name, at);
    else if (before.misfit !== null || !isBroken(before.status)) await mark(tx, before, misfit, name, at);
    return misfit;
  });
}

async function mark(tx: Tx, before: Connection, misfit: Misfit, name: string, at: Date): Promise<void> {
  // Nobody knows whether it would work while its file is away; else somebody has to enter it again.
  const status = misfit === 'file_gone' ? 'unverified' : 'invalid';
  const message = misfitWords(misfit, before, name);
  const kept =
    before.misfit === null
      ? {
          status: before.status,
          reason: before.statusReason,
          since: before.statusSince.toISOString(),
          verdict: before.lastVerdict,
        }
      : before.before;
  // What the last check said, and advised, was about what there is no more.
  const change = { status, statusReason: message, statusSince: at, lastVerdict: null } as const;
  await changeConnection(tx, before, { ...change, misfit, before: kept }, { now: at, byPerson: false });
  const kind = misfit === 'address_changed' ? misfit : 'status_changed';
  await tell(tx, before, { kind, status, because: misfit, message, name, at });
}

async function restore(tx: Tx, before: Connection, name: string, at: Date): Promise<void> {
  const message = before.misfit === null ? '' : fitsAgainWords(before.misfit, before);
  const was = before.before;
  const status = was?.status ?? before.status;
  const change: ConnectionChange = {
    status,
    nextCheckAt: at,
    ...(was && { statusReason: was.reason, statusSince: new Date(was.since), lastVerdict: was.verdict }),
  };
  await changeConnection(tx, before, change, { now: at, byPerson: false });
  await tell(tx, before, { kind: 'status_changed', status, because: 'fits_again', message, name, at });
  if (isHealthy(status)) await tellHealed(tx, before);
}

interface News {
  kind: 'address_changed' | 'status_changed';
  status: Connection['status'];
  because: Misfit | 'fits_again';
  message: string;
  name: string;
  at: Date;
}

async function tell(tx: Tx, before: Connection, news: News): Promise<void> {
  const { kind, status, because, message, name, at } = news;
  await insertEvent(tx, before, { kind, message, actor: null, at });
  await record(tx, {
    who: { workspaceId: before.workspaceId, system: 'keyrail' },
    action: 'connection.status_changed',
    subject: { kind: 'connection', id: before.id, name: before.name },
    detail: { from: before.status, to: status, because },
  });
  // Without its file nobody knows whether it works: what people were told of it before stands.
  if (because !== 'file_gone') await tellStatus(tx, before, { status, name, reason: message, at });
}
