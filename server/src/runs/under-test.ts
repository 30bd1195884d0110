import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ColumnId, TableId, UserId, WorkspaceId } from '@keyrail/contract/ids';
import { sql } from 'kysely';
import type { TestDatabase } from '../../test/database.ts';
import { find, finder } from '../../test/finder.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { sameForAll } from '../catalog/catalogs.ts';
import { type Definition, definitionSchema } from '../catalog/definition.ts';
import type { ResolvedConnection } from '../connections/resolve.ts';
import { openListener } from '../db/listen.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import { literalCredential } from '../outbound/credential-source.ts';
import { httpServer, type TestServer, testOutbound } from '../outbound/under-test.ts';
import { rowAccess } from '../tables/tables.ts';
import { scopesOfRole } from '../workspaces/policy.ts';
import { useRight } from '../workspaces/use-right.ts';
import type { Who } from '../workspaces/who.ts';
import { RUN_DECIDED } from './announce.ts';
import { createExecutor, type Executor } from './executor.ts';
import { createFairSlots } from './fair-slots.ts';
import { createRuns, type Runs } from './runs.ts';
import { cellsSource } from './store/cell-view-store.ts';
import { dueRuns } from './store/lease-store.ts';

/** For tests: a table with an action column, a provider that is a real HTTP server, and executors as many as wanted. */
export interface World {
  who: Who;
  tableId: TableId;
  columnId: ColumnId;
  outputColumnId: ColumnId;
  rowIds: string[];
  upstream: TestServer;
  /** How often the provider was called for each row, by the row's input. */
  callsOf: Map<string, number>;
  runs: Runs;
  /** What the connection is; the run looks at it as it goes. */
  connection: { resolved: ResolvedConnection };
  executor(options?: { owner?: string; leaseMs?: number; perRun?: number; drainMs?: number }): Executor;
  cells(): Promise<Record<string, number>>;
  cell(index: number): Promise<{ state: string; value: unknown; message: string | null } | null>;
  /** Until the run says so; fails after thirty seconds. */
  until(runId: string, is: (run: Awaited<ReturnType<Runs['get']>>) => boolean): Promise<void>;
  close(): Promise<void>;
}

export type Answering = (
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  call: number,
) => void;

export interface WorldOptions {
  rows: number;
  /** Of the action in the file; snake_case as there. */
  action?: Record<string, unknown>;
  definition?: Record<string, unknown>;
  answer: Answering;
}

export const found = (name: string) => JSON.stringify({ data: { email: `${name}@example.com`, score: 90 } });

export async function createWorld(database: TestDatabase, options: WorldOptions): Promise<World> {
  const callsOf = new Map<string, number>();
  const upstream = await httpServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://local').searchParams.get('name') ?? '';
    const call = (callsOf.get(name) ?? 0) + 1;
    callsOf.set(name, call);
    options.answer(name, request, response, call);
  });
  const definition = definitionOf(upstream.origin, options);
  const who = whoOf(newId<WorkspaceId>('wsp'));
  const place = await makeTable(database, who.workspaceId, definition, options.rows);
  await makeMember(database, who);
  const connection = { resolved: usable(who.workspaceId, definition.slug) };
  const outbound = testOutbound({ allow: [`127.0.0.1:${upstream.port}`] });
  const shared = {
    transact: database.db.transact,
    tables: rowAccess({ cells: cellsSource }),
    catalogs: sameForAll(createCatalog([definition], [])),
    connections: {
      resolve: async () => connection.resolved,
      credentialSource: () => literalCredential(credential),
      reportOutOfCredits: async () => {},
    },
    actions: { outbound, clock: systemClock },
    clock: systemClock,
  };
  const executors: Executor[] = [];
  const heed = (runId: string) => {
    for (const executor of executors) executor.heed(runId);
  };
  const runs = createRuns({ ...shared, executor: { heed, wake: () => {} } });
  const listener = await openListener({ clock: systemClock, log: { warn: console.error } }, database.url);
  await listener.listen(RUN_DECIDED, heed);
  return {
    who,
    ...place,
    upstream,
    callsOf,
    runs,
    connection,
    // A lease that a busy machine lets run out would be taken again, and what was under way made again.
    executor: ({ owner = 'one', leaseMs = 20_000, perRun = 20, drainMs = 2_000 } = {}) => {
      const executor = createExecutor({
        ...shared,
        owner,
        leaseMs,
        slots: createFairSlots(200, perRun),
        dueRuns: (limit) => dueRuns(database.db.system, limit),
        sweepMs: 50,
        drainMs,
        patienceMs: 300,
        rights: {
          useRight: (tx, workspaceId, maker) => useRight({ clock: systemClock }, tx, workspaceId, maker),
        },
        log: { error: console.error, warn: console.error },
      });
      executors.push(executor);
      return executor;
    },
    cells: async () => {
      const { rows } = await sql<{ state: string; count: number }>`
        select state, count(*)::int as count from action_cells where column_id = ${place.columnId} group by state`.execute(
        database.db.system,
      );
      return Object.fromEntries(rows.map((row) => [row.state, row.count]));
    },
    cell: async (index) => {
      const { rows } = await sql<{ state: string; value: unknown; message: string | null }>`
        select state, value, message from action_cells
        where column_id = ${place.columnId} and row_id = ${place.rowIds[index]}`.execute(database.db.system);
      return rows[0] ?? null;
    },
    until: async (runId, is) => {
      const endAt = Date.now() + 30_000;
      for (;;) {
        const run = await runs.get(who, runId);
        if (is(run)) return;
        if (Date.now() > endAt)
          throw new Error(`the run stays ${run.state} (${run.message}): ${JSON.stringify(run.counts)}`);
        await systemClock.sleep(20);
      }
    },
    close: async () => {
      await Promise.all(executors.map((executor) => executor.stop()));
      await listener.close();
      await outbound.close();
      await upstream.close();
    },
  };
}

const credential = {
  version: 1,
  apply: (request: Parameters<Parameters<typeof literalCredential>[0]['apply']>[0]) => ({
    ...request,
    headers: { ...request.headers, 'x-api-key': 'fake-key-good-0001' },
  }),
  secrets: [new Secret('fake-key-good-0001')],
};

export function usable(workspaceId: string, integration: string): ResolvedConnection {
  return {
    kind: 'usable',
    connection: {
      id: 'con_00000000000000000000000001' as never,
      workspaceId: workspaceId as WorkspaceId,
      integration,
      name: 'Finder',
      method: 'api_key',
      fields: {},
      accountId: null,
      status: 'connected',
      creditsLeft: null,
    },
  };
}

function definitionOf(origin: string, options: WorldOptions): Definition {
  return definitionSchema.parse({
    ...finder(origin, [{ ...find, ...options.action }]),
    ...options.definition,
  });
}

function whoOf(workspaceId: WorkspaceId): Who {
  return {
    workspaceId,
    userId: newId<UserId>('usr'),
    tokenId: null,
    role: 'editor',
    scopes: scopesOfRole.editor,
    connectionIds: null,
    label: 'Ada',
    ip: '127.0.0.1',
  };
}

/** Written directly too: how people come in is another room's. */
async function makeMember({ db: { system } }: TestDatabase, { userId, workspaceId, role, label }: Who) {
  await sql`insert into users (id, email, name, password_hash)
    values (${userId}, ${`${userId}@example.com`}, ${label}, 'none')`.execute(system);
  await sql`insert into members (workspace_id, user_id, role)
    values (${workspaceId}, ${userId}, ${role})`.execute(system);
}

/** Written directly: how tables are made is another room's. Names are `n0`, `n1`, …; the last column takes the score. */
async function makeTable(database: TestDatabase, workspaceId: string, definition: Definition, count: number) {
  const tableId = newId<TableId>('tbl');
  const [nameId, columnId, outputColumnId] = [0, 1, 2].map(() => newId<ColumnId>('col')) as [
    ColumnId,
    ColumnId,
    ColumnId,
  ];
  const rowIds = Array.from({ length: count }, () => newId<string>('row'));
  const action = {
    integration: definition.slug,
    action: 'find',
    connection_id: null,
    inputs: { name: { kind: 'column', column_id: nameId } },
    outputs: { score: outputColumnId },
  };
  const { system } = database.db;
  await sql`insert into workspaces (id, name) values (${workspaceId}, 'Test')`.execute(system);
  await sql`insert into tables (id, workspace_id, name, row_count, next_position, next_column_key)
    values (${tableId}, ${workspaceId}, 'People', ${count}, ${count}, 4)`.execute(system);
  await sql`insert into columns (id, workspace_id, table_id, key, name, type, position, action) values
    (${nameId}, ${workspaceId}, ${tableId}, 1, 'Name', 'text', 0, null),
    (${columnId}, ${workspaceId}, ${tableId}, 2, 'Email', 'action', 1, ${JSON.stringify(action)}::jsonb),
    (${outputColumnId}, ${workspaceId}, ${tableId}, 3, 'Score', 'number', 2, null)`.execute(system);
  await sql`insert into table_rows (position, workspace_id, table_id, id, values)
    select n - 1, ${workspaceId}, ${tableId}, id, jsonb_build_object('1', 'n' || (n - 1))
    from unnest(${rowIds}::text[]) with ordinality as made (id, n)`.execute(system);
  return { tableId, columnId, outputColumnId, rowIds };
}
