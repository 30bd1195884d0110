import { sql } from 'kysely';
import { z } from 'zod';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { SealedRecord } from '../vault/sealed-record.ts';
import type { Authorization } from './authorization.ts';
import type { AuthorizationLookup } from './authorization-lookup.ts';

export async function insertAuthorization(tx: Tx, made: Authorization, stateHash: Buffer): Promise<void> {
  await queries(tx)
    .insertInto('authorizations')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      integration: made.integration,
      method_id: made.methodId,
      state_hash: stateHash,
      browser_hash: made.browserHash,
      started_by: made.startedBy,
      asked_by: made.askedBy,
      origin: made.origin,
      redirect_uri: made.redirectUri,
      client_id: made.clientId,
      set_up_by: made.setUpBy,
      connection_id: made.connectionId,
      wanted: JSON.stringify(made.wanted),
      state: made.state,
      created_at: made.createdAt,
      expires_at: made.expiresAt,
    })
    .execute();
}

export async function findAuthorization(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<Authorization | null> {
  const row = await queries(tx)
    .selectFrom('authorizations')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

/** How many were begun since then, whatever became of them: by everybody, and by this person. */
export async function countBegun(
  tx: Tx,
  workspaceId: string,
  startedBy: string | null,
  since: Date,
): Promise<{ all: number; own: number }> {
  const row = await queries(tx)
    .selectFrom('authorizations')
    .select((eb) => [
      eb.fn.countAll<string>().as('all'),
      eb.fn.countAll<string>().filterWhere('started_by', 'is not distinct from', startedBy).as('own'),
    ])
    .where('workspace_id', '=', workspaceId)
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow();
  return { all: Number(row.all), own: Number(row.own) };
}

/** In the transaction of what it led to. */
export async function settleAuthorization(
  tx: Tx,
  { workspaceId, id }: Pick<Authorization, 'workspaceId' | 'id'>,
  end: Pick<Authorization, 'state'> &
    Partial<Pick<Authorization, 'connectionId' | 'reason' | 'message' | 'nextStep'>>,
): Promise<void> {
  const { connectionId, reason, message, nextStep } = end;
  await queries(tx)
    .updateTable('authorizations')
    .set({
      state: end.state,
      ...(connectionId !== undefined && { connection_id: connectionId }),
      reason: reason ?? null,
      message: message ?? null,
      next_step: nextStep ?? null,
      choice: null,
      sealed: null,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** The person has so long to choose, or to sign in once they went on with what an API token began. */
export async function holdChoice(
  tx: Tx,
  { workspaceId, id }: Pick<Authorization, 'workspaceId' | 'id'>,
  held: { choice: NonNullable<Authorization['choice']>; sealed: SealedRecord; until: Date },
): Promise<void> {
  await queries(tx)
    .updateTable('authorizations')
    .set({
      state: 'choosing',
      choice: JSON.stringify(held.choice),
      sealed: held.sealed,
      expires_at: held.until,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('state', '=', 'finishing')
    .execute();
}

/** Of any number of choices, in all processes, one gets what is held. It stays held until the sign-in is over. */
export async function takeChoice(
  tx: Tx,
  { workspaceId, id }: Pick<Authorization, 'workspaceId' | 'id'>,
  now: Date,
): Promise<SealedRecord | null> {
  const taken = await queries(tx)
    .updateTable('authorizations')
    .set({ state: 'finishing', expires_at: new Date(now.getTime() + FINISHING_MS) })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('state', '=', 'choosing')
    .where('expires_at', '>', now)
    .returning('sealed')
    .executeTakeFirst();
  return taken?.sealed ?? null;
}

export interface Start extends Pick<Authorization, 'browserHash' | 'startedBy' | 'origin' | 'expiresAt'> {
  stateHash: Buffer;
}

/** What an API token began becomes one person's, in one browser. False: it is another's by now, or over. */
export async function startAuthorization(
  tx: Tx,
  { workspaceId, id }: Pick<Authorization, 'workspaceId' | 'id'>,
  start: Start,
  now: Date,
): Promise<boolean> {
  const started = await queries(tx)
    .updateTable('authorizations')
    .set({
      state_hash: start.stateHash,
      browser_hash: start.browserHash,
      started_by: start.startedBy,
      origin: start.origin,
      expires_at: start.expiresAt,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .where('asked_by', 'is not', null)
    .where('expires_at', '>', now)
    .where((eb) => eb.or([eb('started_by', 'is', null), eb('started_by', '=', start.startedBy)]))
    .returning('id')
    .executeTakeFirst();
  return started !== undefined;
}

/** Longer than exchanging a code and checking what it gave: what takes longer was cut off by an end of the process. */
const FINISHING_MS = 2 * 60_000;

export function createAuthorizationLookup(system: Queries): AuthorizationLookup {
  const one = async (column: 'state_hash' | 'id', value: Buffer | string) => {
    const row = await system
      .selectFrom('authorizations')
      .selectAll()
      .where(column, '=', value)
      .executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  };
  return {
    byState: (stateHash) => one('state_hash', stateHash),
    byId: (id) => one('id', id),
    take: async (stateHash, now) => {
      const taken = await system
        .updateTable('authorizations')
        .set({ state: 'finishing', expires_at: new Date(now.getTime() + FINISHING_MS) })
        .where('state_hash', '=', stateHash)
        .where('state', '=', 'pending')
        .where('expires_at', '>', now)
        .returning('id')
        .executeTakeFirst();
      return taken !== undefined;
    },
    takeLeft: async (now, most) => {
      // Locked, so that of several processes each gets others.
      const { rows } = await sql<Row & { held: string }>`
        with left_over as (
          select id, sealed as held from authorizations where sealed is not null and expires_at <= ${now}
          order by expires_at limit ${most} for update skip locked)
        update authorizations set sealed = null, choice = null from left_over
        where authorizations.id = left_over.id returning authorizations.*, left_over.held`.execute(system);
      return rows.map((row) => ({ authorization: fromRow(row), sealed: row.held }));
    },
    forget: async (expiredBefore) => {
      await system.deleteFrom('authorizations').where('expires_at', '<', expiredBefore).execute();
    },
  };
}

const wantedShape = z.object({
  name: z.string().nullable(),
  fields: z.record(z.string(), z.string()),
  optionalScopes: z.array(z.string()),
  makeDefault: z.boolean(),
  acceptOtherAccount: z.boolean(),
});
const stateShape = z.enum(['pending', 'finishing', 'choosing', 'connected', 'failed']);
const choiceShape = z.object({
  label: z.string(),
  choices: z.array(z.object({ value: z.string(), label: z.string() })),
});

type Row = Awaited<ReturnType<ReturnType<typeof allOf>['executeTakeFirstOrThrow']>>;
const allOf = (db: Queries) => db.selectFrom('authorizations').selectAll();

function fromRow(row: Row): Authorization {
  return {
    id: row.id as Authorization['id'],
    workspaceId: row.workspace_id,
    integration: row.integration,
    methodId: row.method_id,
    browserHash: row.browser_hash,
    startedBy: row.started_by as Authorization['startedBy'],
    askedBy: row.asked_by,
    origin: row.origin,
    redirectUri: row.redirect_uri,
    clientId: row.client_id,
    setUpBy: row.set_up_by === 'operator' ? 'operator' : 'workspace',
    connectionId: row.connection_id as Authorization['connectionId'],
    wanted: wantedShape.parse(row.wanted),
    state: stateShape.parse(row.state),
    choice: row.choice === null ? null : choiceShape.parse(row.choice),
    reason: row.reason as Authorization['reason'],
    message: row.message,
    nextStep: row.next_step,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
