import type {
  ConnectedApp,
  ConnectionEvent,
  ConnectionStatus,
  Dependent,
} from '@keyrail/contract/connections';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { type Connection, STATUSES } from './connection.ts';
import { existing, listApps, listConnections } from './connection-store.ts';
import type { DependedOn, DependentsSource } from './dependents-source.ts';
import { listEvents } from './event-store.ts';
import { getConnection } from './find.ts';
import { hoursOf, type UsageHour, type UsageSource } from './usage-source.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
  dependents: DependentsSource;
  usage: UsageSource;
}

/** A connection with the number of columns (later: syncs, tokens) that use it. */
export type Listed = Connection & { dependentsCount: number };

export interface ConnectionFilter {
  integration: string | undefined;
  status: ConnectionStatus | undefined;
  limit: number;
  /** The `nextCursor` of the page before. */
  cursor: string | undefined;
}

export interface Slice<T> {
  data: T[];
  nextCursor: string | null;
}

/** Oldest first. Nothing is decrypted, so a damaged secret breaks no list. */
export async function list(deps: Deps, who: Who, filter: ConnectionFilter): Promise<Slice<Listed>> {
  return deps.transact(who.workspaceId, async (tx) => {
    const { integration, status, limit } = filter;
    const after = idFromCursor(filter.cursor);
    const asked = { integration, status, ids: who.connectionIds, after, limit: limit + 1 };
    const { data, nextCursor } = sliced(await listConnections(tx, who.workspaceId, asked), limit);
    return { data: await counted(deps, tx, who, data), nextCursor };
  });
}

export async function get(deps: Deps, who: Who, id: string): Promise<Listed> {
  return deps.transact(who.workspaceId, async (tx) => {
    const connection = await getConnection(tx, who, id);
    const [listed] = await counted(deps, tx, who, [connection]);
    return listed ?? { ...connection, dependentsCount: 0 };
  });
}

/** The apps with at least one connection; those that need attention come first. */
export async function apps(deps: Deps, who: Who): Promise<ConnectedApp[]> {
  const rows = await deps.transact(who.workspaceId, (tx) => listApps(tx, who.workspaceId, who.connectionIds));
  return rows
    .sort((a, b) => b.worst - a.worst)
    .map((row) => ({
      integration: row.integration,
      connection_count: row.count,
      worst_status: STATUSES[row.worst] ?? 'connected',
      last_used_at: row.lastUsedAt?.toISOString() ?? null,
    }));
}

/** Connections by integration slug; slugs without one are left out. */
export async function countByIntegration(deps: Deps, who: Who): Promise<ReadonlyMap<string, number>> {
  const rows = await deps.transact(who.workspaceId, (tx) => listApps(tx, who.workspaceId, who.connectionIds));
  return new Map(rows.map((row) => [row.integration, row.count]));
}

/** Those of these ids that are no connections (any more), or not of this workspace. */
export async function unknownOf(deps: Deps, who: Who, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const found = await deps.transact(who.workspaceId, (tx) => existing(tx, who.workspaceId, ids));
  return ids.filter((id) => !found.has(id));
}

export async function dependents(deps: Deps, who: Who, id: string): Promise<Dependent[]> {
  return deps.transact(who.workspaceId, async (tx) => {
    const connection = await getConnection(tx, who, id);
    return deps.dependents.list(tx, who.workspaceId, dependedOn(connection));
  });
}

/** Newest first. */
export async function events(
  deps: Deps,
  who: Who,
  id: string,
  page: { limit: number; cursor: string | undefined },
): Promise<Slice<ConnectionEvent>> {
  return deps.transact(who.workspaceId, async (tx) => {
    const connection = await getConnection(tx, who, id);
    const before = idFromCursor(page.cursor);
    return sliced(await listEvents(tx, connection, { before, limit: page.limit + 1 }), page.limit);
  });
}

const USAGE_DAYS = 30;

/** Calls by the hour of the last 30 days; hours without a call are left out. */
export async function usage(deps: Deps, who: Who, id: string): Promise<UsageHour[]> {
  const since = new Date(deps.clock.now().getTime() - USAGE_DAYS * 86_400_000);
  return deps.transact(who.workspaceId, async (tx) => {
    const connection = await getConnection(tx, who, id);
    return hoursOf(await deps.usage(tx, who.workspaceId, connection.id, since));
  });
}

async function counted(deps: Deps, tx: Tx, who: Who, found: readonly Connection[]): Promise<Listed[]> {
  const counts = await deps.dependents.count(tx, who.workspaceId, found.map(dependedOn));
  return found.map((connection) => ({ ...connection, dependentsCount: counts.get(connection.id) ?? 0 }));
}

function dependedOn({ id, integration, isDefault }: Connection): DependedOn {
  return { connectionId: id, integration, isDefault };
}

/** One more was asked for than fits, to know whether there is a next page. */
function sliced<T extends { id: string }>(found: readonly T[], limit: number): Slice<T> {
  const data = found.slice(0, limit);
  const last = data.at(-1);
  const nextCursor = found.length > limit && last !== undefined ? cursorFromId(last.id) : null;
  return { data, nextCursor };
}

function cursorFromId(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

function idFromCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/^[a-z]{3,4}_[0-9a-z]{26}$/.test(id)) return id;
  throw new AppError('invalid_input', {
    fields: [{ path: 'cursor', message: 'Not a cursor of this list. Start without one.' }],
  });
}
