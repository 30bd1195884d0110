import { withdrawalEntry } from '@keyrail/contract/withdrawals';
import { type Selectable, sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Withdrawals } from '../../db/schema.ts';
import type { Tx } from '../../lib/tx.ts';
import type { SealedRecord } from '../../vault/sealed-record.ts';
import type { ListedWithdrawal, Withdrawal } from './withdrawal.ts';

export async function insertWithdrawal(tx: Tx, made: Withdrawal): Promise<void> {
  await queries(tx)
    .insertInto('withdrawals')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      connection_id: made.connectionId,
      connection_name: made.connectionName,
      credential_version: made.credentialVersion,
      integration: made.integration,
      integration_name: made.integrationName,
      account_id: made.accountId,
      account_name: made.accountName,
      because: made.because,
      state: made.state,
      sealed: made.sealed,
      attempts: made.attempts,
      next_attempt_at: made.nextAttemptAt,
      problem: made.problem,
      words: made.words,
      remove_url: made.removeUrl,
      created_at: made.createdAt,
      settled_at: made.settledAt,
    })
    .execute();
}

/** What waited for an account that others use may be due now; its ids. */
export async function wakeWaiting(
  tx: Tx,
  workspaceId: string,
  integration: string,
  now: Date,
): Promise<string[]> {
  const woken = await queries(tx)
    .updateTable('withdrawals')
    .set({ next_attempt_at: now })
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .where('state', '=', sql<string>`'pending'`)
    .where('next_attempt_at', 'is', null)
    .returning('id')
    .execute();
  return woken.map(({ id }) => id);
}

export async function findWithdrawal(tx: Tx, workspaceId: string, id: string): Promise<Withdrawal | null> {
  const row = await select(tx, workspaceId).where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

/** Nobody else settles or puts it off until this transaction ends. */
export async function lockWithdrawal(tx: Tx, workspaceId: string, id: string): Promise<Withdrawal | null> {
  const row = await select(tx, workspaceId).where('id', '=', id).forUpdate().executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

export interface WithdrawalChange {
  accountId?: string;
  accountName?: string | null;
  state?: Withdrawal['state'];
  sealed?: SealedRecord | null;
  attempts?: number;
  nextAttemptAt?: Date | null;
  problem?: string | null;
  words?: string | null;
  settledAt?: Date;
}

export async function changeWithdrawal(
  tx: Tx,
  { workspaceId, id }: Pick<Withdrawal, 'workspaceId' | 'id'>,
  change: WithdrawalChange,
): Promise<void> {
  const set = {
    account_id: change.accountId,
    account_name: change.accountName,
    state: change.state,
    sealed: change.sealed,
    attempts: change.attempts,
    next_attempt_at: change.nextAttemptAt,
    problem: change.problem,
    words: change.words,
    settled_at: change.settledAt,
  };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  await queries(tx)
    .updateTable('withdrawals')
    .set(given)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

export async function deleteWithdrawal(
  tx: Tx,
  { workspaceId, id }: Pick<Withdrawal, 'workspaceId' | 'id'>,
): Promise<void> {
  await queries(tx)
    .deleteFrom('withdrawals')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/**
 * Whether a connection uses access of this account, or could be rolled back to it. An account that is not known may be any.
 * Credentials are looked at, not the status: what was signed in for is in use until it is destroyed.
 */
export async function isAccountUsed(
  tx: Tx,
  { workspaceId, integration, accountId }: Pick<Withdrawal, 'workspaceId' | 'integration' | 'accountId'>,
): Promise<boolean> {
  const used = await queries(tx)
    .selectFrom('credentials')
    .innerJoin('connections', 'connections.id', 'credentials.connection_id')
    .select('connections.id')
    .where('connections.workspace_id', '=', workspaceId)
    .where('credentials.workspace_id', '=', workspaceId)
    .where('connections.integration', '=', integration)
    .where('credentials.method', '=', 'oauth2')
    .where('credentials.sealed', 'is not', null)
    .$if(accountId !== null, (query) =>
      query.where((eb) => {
        const account = sql<string | null>`case when credentials.state = 'current'
          then connections.account_id else credentials.account_id end`;
        return eb.or([eb(account, '=', accountId), eb(account, 'is', null)]);
      }),
    )
    .limit(1)
    .executeTakeFirst();
  return used !== undefined;
}

export interface WithdrawalFilter {
  state: Withdrawal['state'] | undefined;
  /** The only connections the asking token may see; null: all. */
  connectionIds: ReadonlySet<string> | null;
  before: string | null;
  limit: number;
}

/** Newest first. */
export async function listWithdrawals(
  tx: Tx,
  workspaceId: string,
  { state, connectionIds, before, limit }: WithdrawalFilter,
): Promise<ListedWithdrawal[]> {
  let query = select(tx, workspaceId)
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('connections')
            .select('connections.id')
            .where('connections.workspace_id', '=', workspaceId)
            .whereRef('connections.id', '=', 'withdrawals.connection_id'),
        )
        .as('is_there'),
    )
    .orderBy('withdrawals.id', 'desc')
    .limit(limit);
  if (state !== undefined) query = query.where('withdrawals.state', '=', state);
  if (before !== null) query = query.where('withdrawals.id', '<', before);
  if (connectionIds !== null)
    query = query.where('withdrawals.connection_id', '=', sql<string>`any(${[...connectionIds]})`);
  const rows = await query.execute();
  return rows.map((row) => {
    const found = fromRow(row);
    return { ...found, isConnectionDeleted: found.connectionId !== null && !row.is_there };
  });
}

/** For lists: how the last disconnecting of each of these connections went, by connection id. */
export async function newestOf(
  tx: Tx,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<ReadonlyMap<string, Withdrawal>> {
  if (connectionIds.length === 0) return new Map();
  const rows = await select(tx, workspaceId)
    .distinctOn('connection_id')
    .where('connection_id', '=', sql<string>`any(${[...connectionIds]})`)
    .where('because', '!=', sql<string>`'replaced'`)
    .orderBy('connection_id')
    .orderBy('created_at', 'desc')
    // Current and previous credentials go together: what needs somebody is shown.
    .orderBy(sql`array_position(array['failed', 'pending', 'not_offered', 'withdrawn'], state)`)
    .execute();
  return new Map(rows.map(fromRow).map((one) => [one.connectionId ?? '', one]));
}

function select(tx: Tx, workspaceId: string) {
  return queries(tx)
    .selectFrom('withdrawals')
    .selectAll('withdrawals')
    .where('withdrawals.workspace_id', '=', workspaceId);
}

const { because, state } = withdrawalEntry.shape;

function fromRow(row: Selectable<Withdrawals>): Withdrawal {
  return {
    id: row.id as Withdrawal['id'],
    workspaceId: row.workspace_id,
    connectionId: row.connection_id as Withdrawal['connectionId'],
    connectionName: row.connection_name,
    credentialVersion: row.credential_version,
    integration: row.integration,
    integrationName: row.integration_name,
    accountId: row.account_id,
    accountName: row.account_name,
    because: because.parse(row.because),
    state: state.parse(row.state),
    sealed: row.sealed,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    problem: row.problem,
    words: row.words,
    removeUrl: row.remove_url,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  };
}
