import type { ConnectionEvent, ConnectionStatus, Dependent } from '@keyrail/contract/connections';
import { deedsTo } from '../audit/read.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { TokenFacts, Tokens } from '../tokens/token.ts';
import type { Who } from '../workspaces/who.ts';
import { type AppPlace, type AppRow, countConnections, listApps, listAppsAmong } from './app-store.ts';
import { type Connection, STATUSES } from './connection.ts';
import { existing, listConnections } from './connection-store.ts';
import type { DependedOn, DependentsSource } from './dependents-source.ts';
import { listEvents } from './event-store.ts';
import { getConnection } from './find.ts';
import { lineOf, READ } from './reading.ts';
import { lackingScopes, limitedActions } from './scopes.ts';
import { findAskedScopes } from './sign-in/asked-scopes-store.ts';
import { hoursOf, type UsageHour, type UsageSource } from './usage-source.ts';
import { newestOf } from './withdrawals/store.ts';
import type { Withdrawal } from './withdrawals/withdrawal.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
  dependents: DependentsSource;
  usage: UsageSource;
  tokens: Pick<Tokens, 'facts'>;
  catalogs: Catalogs;
}

/** A connection with the number of columns (later: syncs, tokens) that use it, and what is known of its token. */
export type Listed = Connection & {
  dependentsCount: number;
  /** What the provider was told when it was disconnected; null while it is connected. */
  withdrawal: Withdrawal | null;
  token: TokenFacts | null;
  /** Asked for when somebody signed in, and not granted. */
  missingScopes: string[];
  /** What will be refused for want of a scope. */
  limitedActions: { name: string; label: string }[];
};

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
  const catalog = await deps.catalogs.of(who.workspaceId);
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const { integration, status, limit } = filter;
      const after = idFromCursor(filter.cursor);
      const asked = { integration, status, ids: who.connectionIds, after, limit: limit + 1 };
      const { data, nextCursor } = sliced(await listConnections(tx, who.workspaceId, asked), limit);
      return { data: await counted(deps, tx, who, data, catalog), nextCursor };
    },
    'read',
  );
}

export async function get(deps: Deps, who: Who, id: string): Promise<Listed> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const connection = await getConnection(tx, who, id);
      const [listed] = await counted(deps, tx, who, [connection], catalog);
      return listed ?? { ...connection, ...NOTHING_KNOWN };
    },
    'read',
  );
}

export interface AppsPage {
  /** Null: all of them. */
  limit: number | null;
  cursor: string | undefined;
}

/** A tool with at least one connection, without its name: that is the catalog's. */
export interface App {
  integration: string;
  connectionCount: number;
  worstStatus: ConnectionStatus;
  lastUsedAt: Date | null;
}

/** The apps with at least one connection; those that need attention come first. */
export async function apps(deps: Deps, who: Who, page: AppsPage): Promise<Slice<App>> {
  const { limit } = page;
  const after = placeFromCursor(page.cursor);
  const rows = await deps.transact(
    who.workspaceId,
    (tx) =>
      who.connectionIds === null
        ? listApps(tx, who.workspaceId, { after, limit: limit === null ? null : limit + 1 })
        : listAppsAmong(tx, who.workspaceId, who.connectionIds),
    'read',
  );
  const isCut = who.connectionIds === null && limit !== null && rows.length > limit;
  const shown = isCut ? rows.slice(0, limit) : rows;
  const last = shown.at(-1);
  return { data: shown.map(appOf), nextCursor: isCut && last !== undefined ? cursorFromPlace(last) : null };
}

function appOf({ integration, count, worst, lastUsedAt }: AppRow): App {
  return { integration, connectionCount: count, worstStatus: STATUSES[worst] ?? 'connected', lastUsedAt };
}

/** How many connections these integrations have; those without one are left out. */
export async function countByIntegration(
  deps: Deps,
  who: Who,
  integrations: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (integrations.length === 0) return new Map();
  const { workspaceId, connectionIds } = who;
  return deps.transact(
    workspaceId,
    async (tx) => {
      if (connectionIds === null) return countConnections(tx, workspaceId, integrations);
      const rows = await listAppsAmong(tx, workspaceId, connectionIds);
      return new Map(rows.map((row) => [row.integration, row.count]));
    },
    'read',
  );
}

/** Those of these ids that are no connections (any more), or not of this workspace. */
export async function unknownOf(deps: Deps, who: Who, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const found = await deps.transact(who.workspaceId, (tx) => existing(tx, who.workspaceId, ids), 'read');
  return ids.filter((id) => !found.has(id));
}

export async function dependents(deps: Deps, who: Who, id: string): Promise<Dependent[]> {
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const connection = await getConnection(tx, who, id);
      return deps.dependents.list(tx, who.workspaceId, dependedOn(connection));
    },
    'read',
  );
}

/** Newest first. */
export async function events(
  deps: Deps,
  who: Who,
  id: string,
  page: { limit: number; cursor: string | undefined },
): Promise<Slice<ConnectionEvent>> {
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const connection = await getConnection(tx, who, id);
      const before = idFromCursor(page.cursor);
      const asked = { before, limit: page.limit + 1 };
      const told = await listEvents(tx, connection, asked);
      const readings = await deedsTo(tx, connection, READ, asked);
      const all = [...told, ...readings.map(lineOf)].sort((a, b) => (a.id < b.id ? 1 : -1));
      return sliced(all.slice(0, asked.limit), page.limit);
    },
    'read',
  );
}

const USAGE_DAYS = 30;

/** Calls by the hour of the last 30 days; hours without a call are left out. */
export async function usage(deps: Deps, who: Who, id: string): Promise<UsageHour[]> {
  const since = new Date(deps.clock.now().getTime() - USAGE_DAYS * 86_400_000);
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const connection = await getConnection(tx, who, id);
      return hoursOf(await deps.usage(tx, who.workspaceId, connection.id, since));
    },
    'read',
  );
}

const NOTHING_KNOWN = {
  dependentsCount: 0,
  withdrawal: null,
  token: null,
  missingScopes: [],
  limitedActions: [],
};

async function counted(
  deps: Deps,
  tx: Tx,
  who: Who,
  found: readonly Connection[],
  catalog: Pick<Catalog, 'get'>,
): Promise<Listed[]> {
  const counts = await deps.dependents.count(tx, who.workspaceId, found.map(dependedOn));
  const tokens = await tokensOf(deps, tx, who, found);
  const without = found.filter(({ status }) => status === 'disconnected').map(({ id }) => id);
  const withdrawals = await newestOf(tx, who.workspaceId, without);
  const signedIn = found.filter(({ method }) => method === 'oauth2').map(({ id }) => id);
  const asked =
    signedIn.length === 0
      ? new Map<string, string[]>()
      : await findAskedScopes(tx, who.workspaceId, signedIn);
  return found.map((connection) => {
    const token = tokens.get(connection.id) ?? null;
    const granted = connection.method === 'oauth2' ? (token?.scopes ?? null) : null;
    // All is allowed where nothing is said.
    const definition = granted === null ? undefined : catalog.get(connection.integration);
    return {
      ...connection,
      dependentsCount: counts.get(connection.id) ?? 0,
      withdrawal: withdrawals.get(connection.id) ?? null,
      token,
      missingScopes: lackingScopes({ asked: asked.get(connection.id) ?? [], granted }),
      limitedActions: definition === undefined ? [] : limitedActions(definition, granted),
    };
  });
}

/** Keys and passwords have none, so most pages ask nothing. */
async function tokensOf(
  { tokens }: Deps,
  tx: Tx,
  { workspaceId }: Who,
  found: readonly Connection[],
): Promise<ReadonlyMap<string, TokenFacts>> {
  const asked = found.flatMap(({ id, method, credentialVersion }) =>
    credentialVersion === null || !MAY_HAVE_TOKENS.has(method)
      ? []
      : [{ connectionId: id, credentialVersion }],
  );
  return asked.length === 0 ? new Map() : tokens.facts(tx, workspaceId, asked);
}

const MAY_HAVE_TOKENS = new Set(['oauth2', 'oauth2_client_credentials', 'service_account']);

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

function cursorFromPlace({ worst, integration }: AppPlace): string {
  return Buffer.from(`${worst}:${integration}`, 'utf8').toString('base64url');
}

function placeFromCursor(cursor: string | undefined): AppPlace | null {
  if (cursor === undefined) return null;
  const read = /^(\d):([a-z0-9._-]{1,100})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  const [, worst, integration] = read ?? [];
  if (worst === undefined || integration === undefined) throw noCursor();
  return { worst: Number(worst), integration };
}

function cursorFromId(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

function idFromCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/^[a-z]{3,4}_[0-9a-z]{26}$/.test(id)) return id;
  throw noCursor();
}

function noCursor(): AppError {
  return new AppError('invalid_input', {
    fields: [{ path: 'cursor', message: 'Not a cursor of this list. Start without one.' }],
  });
}
