import { type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import pg from 'pg';
import { type Preceding, queryBound } from './bound-query.ts';
import { breaksConnection, databaseFailure } from './failure.ts';
import type { SilenceWatch } from './silence.ts';

/** Values as we read them; everything else as the driver does (timestamptz: Date, jsonb: parsed, numeric: text). */
const INT8 = 20;
const DATE = 1082;

export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8 && format !== 'binary') return parseInt8;
    // The driver would make a Date at local midnight of it, which is another day elsewhere. A date is its text.
    if (oid === DATE && format !== 'binary') return (text: string) => text;
    return pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
  },
};

/** bigint as a number. Beyond 2^53 it would silently become another number, so it fails instead. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`the database returned a bigint too large for a number: ${text}`);
  return value;
}

/**
 * A pool as Kysely wants one. Failures are translated (see failure.ts), and a connection that broke, or still waits for an
 * answer after its time-out or because the database fell silent, is thrown away instead of being handed to the next one.
 */
export function translatingPool(pool: pg.Pool, silence: SilenceWatch): PostgresPool {
  const madeAt = new WeakMap<pg.ClientBase, number>();
  pool.on('connect', (client) => madeAt.set(client, performance.now()));
  const connect = async () => {
    for (;;) {
      const client = await pool.connect();
      if ((madeAt.get(client) ?? 0) > silence.lastSilentAt()) return client;
      client.release(true);
    }
  };
  return {
    connect: async () => {
      try {
        return translatingClient(await connect(), silence);
      } catch (error) {
        throw databaseFailure(error);
      }
    },
    end: () => pool.end(),
  } as PostgresPool;
}

/** Values: the id of the workspace and a kind. Nothing is sent for it: it goes with the statement that follows. */
export const BEGIN = 'begin in workspace';
/** Values: a statement and its values. It goes with the next statement of its transaction, at the latest with its commit. */
export const LATER = 'later';
/**
 * `write`: a transaction. `read`: statements that write nothing, each of which is its own transaction, as each would see what
 * is committed by then anyway (the database's usual isolation); so there is nothing to begin and nothing to commit.
 */
export type TransactionKind = 'read' | 'write';

const RESULTLESS = { command: '', rowCount: 0, rows: [] };

function translatingClient(client: pg.PoolClient, silence: SilenceWatch): PostgresPoolClient {
  let broken: unknown = null;
  /** What goes with the next statement. */
  let preceding: readonly Preceding[] = [];
  let kind: TransactionKind | 'begun' | null = null;
  let hasLater = false;

  const send = (text: string, values: unknown[] | undefined) => {
    if (preceding.length === 0) return client.query(keptPlan(text, values));
    const sent = queryBound(client, preceding, { text, values: values ?? [], isKept: isKept(text) });
    if (kind === 'read') return sent;
    preceding = [];
    hasLater = false;
    kind = 'begun';
    return sent;
  };
  return {
    query: async (text: string, values?: unknown[]) => {
      if (broken) throw databaseFailure(broken);
      if (text === BEGIN) {
        const [workspaceId, asked] = values as [string, TransactionKind];
        preceding = precedingOf(workspaceId, asked);
        kind = asked;
        return RESULTLESS;
      }
      if (text === LATER) {
        const [later, of] = values as [string, unknown[]];
        preceding = [...preceding, { text: later, values: of, isKept: isKept(later) }];
        hasLater = true;
        return RESULTLESS;
      }
      // Where what goes with it fails, there is nothing to commit, and the transaction is open until it is rolled back.
      const isLast = text === 'commit' && hasLater;
      if (!isLast && (text === 'commit' || text === 'rollback')) {
        const isOpen = kind === 'begun' || kind === null;
        preceding = [];
        kind = null;
        hasLater = false;
        if (!isOpen) return RESULTLESS;
      }
      try {
        const result = await silence.unlessSilent(send(text, values));
        if (isLast) kind = null;
        return result;
      } catch (error) {
        if (breaksConnection(error) || isPlanOutdated(error)) broken = error;
        throw databaseFailure(error);
      }
    },
    release: () => client.release(broken !== null),
  } as unknown as PostgresPoolClient;
}

/** For `modifyFront` of a query that nearly every request makes: planned once on each connection, by which it takes a third. Follows `select` or `insert`. */
export const PLANNED_ONCE = sql.raw('/* planned once */');

function keptPlan(text: string, values: unknown[] | undefined): pg.QueryConfig {
  const query = { text, ...(values && { values }) };
  return KEPT.test(text) ? { ...query, name: nameOf(text) } : query;
}

function isKept(text: string): boolean {
  return text === 'commit' || KEPT.test(text);
}

const KEPT = /^(select|insert) \/\* planned once \*\//;

const names = new Map<string, string>();

/** They are few, and their texts fixed. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `planned_${names.size + 1}`;
    names.set(text, name);
  }
  return name;
}

/** A newer program has changed a type under the plan: a new connection plans anew. */
function isPlanOutdated(error: unknown): boolean {
  return error instanceof Error && /cached plan must not change result type/.test(error.message);
}

const BIND = "select set_config('keyrail.workspace_id', $1, true)";
const BIND_TO_READ = `${BIND}, set_config('transaction_read_only', 'on', true)`;

function precedingOf(workspaceId: string, kind: TransactionKind): Preceding[] {
  return kind === 'read'
    ? [{ text: BIND_TO_READ, values: [workspaceId], isKept: true }]
    : [
        { text: 'begin', values: [], isKept: true },
        { text: BIND, values: [workspaceId], isKept: true },
      ];
}
