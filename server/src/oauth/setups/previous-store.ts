import { type Queries, queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { SealedRecord } from '../../vault/sealed-record.ts';
import type { SecretDates } from './app.ts';

/** A client secret that was replaced, as it was sealed while it was in use. */
export interface StoredPrevious {
  version: number;
  sealed: SealedRecord;
  hint: string | null;
  dates: SecretDates;
  destroyAfter: Date;
}

export interface KeptPrevious extends StoredPrevious {
  replacedAt: Date;
}

interface App {
  workspaceId: string;
  id: string;
}

export async function findPrevious(tx: Tx, app: App): Promise<StoredPrevious | null> {
  const row = await queries(tx)
    .selectFrom('oauth_previous_secrets')
    .selectAll()
    .where('workspace_id', '=', app.workspaceId)
    .where('app_id', '=', app.id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const dates = { endsAt: row.ends_at, rotateAt: row.rotate_at, setAt: row.dates_set_at };
  return { ...storedOf(row), dates };
}

/** The one that stood there is destroyed by it. */
export async function keepPrevious(tx: Tx, app: App, kept: KeptPrevious): Promise<void> {
  await dropPrevious(tx, app);
  await queries(tx)
    .insertInto('oauth_previous_secrets')
    .values({
      app_id: app.id,
      workspace_id: app.workspaceId,
      ...columnsOf(kept),
      ends_at: kept.dates.endsAt,
      rotate_at: kept.dates.rotateAt,
      dates_set_at: kept.dates.setAt,
    })
    .execute();
}

/** Its secret is gone for good. False: there was none. */
export async function dropPrevious(tx: Tx, app: App): Promise<boolean> {
  const gone = await queries(tx)
    .deleteFrom('oauth_previous_secrets')
    .where('workspace_id', '=', app.workspaceId)
    .where('app_id', '=', app.id)
    .executeTakeFirst();
  return Number(gone.numDeletedRows) > 0;
}

/** Of the operator's setups, which belong to no workspace. Their dates are not kept. */
export async function findOperatorPrevious(
  system: Queries,
  integration: string,
): Promise<StoredPrevious | null> {
  const row = await system
    .selectFrom('oauth_operator_previous_secrets')
    .selectAll()
    .where('integration', '=', integration)
    .executeTakeFirst();
  return row === undefined
    ? null
    : { ...storedOf(row), dates: { endsAt: null, rotateAt: null, setAt: null } };
}

export async function keepOperatorPrevious(
  system: Queries,
  integration: string,
  kept: KeptPrevious,
): Promise<void> {
  await system
    .insertInto('oauth_operator_previous_secrets')
    .values({ integration, ...columnsOf(kept) })
    .execute();
}

export async function dropOperatorPrevious(system: Queries, integration: string): Promise<boolean> {
  const gone = await system
    .deleteFrom('oauth_operator_previous_secrets')
    .where('integration', '=', integration)
    .executeTakeFirst();
  return Number(gone.numDeletedRows) > 0;
}

/** Destroys replaced client secrets whose time for roll-back is over, of all workspaces and the operator's. */
export function createPreviousSweep(system: Queries): (now: Date) => Promise<void> {
  return async (now) => {
    await system.deleteFrom('oauth_previous_secrets').where('destroy_after', '<=', now).execute();
    await system.deleteFrom('oauth_operator_previous_secrets').where('destroy_after', '<=', now).execute();
  };
}

function columnsOf({ version, sealed, hint, replacedAt, destroyAfter }: KeptPrevious) {
  return { version, sealed, secret_hint: hint, replaced_at: replacedAt, destroy_after: destroyAfter };
}

function storedOf(row: {
  version: number;
  sealed: SealedRecord;
  secret_hint: string | null;
  destroy_after: Date;
}) {
  return {
    version: row.version,
    sealed: row.sealed,
    hint: row.secret_hint,
    destroyAfter: row.destroy_after,
  };
}
