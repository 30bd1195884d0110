import { type Selectable, sql } from 'kysely';
import { OWN_PREFIX } from '../../catalog/catalogs.ts';
import { type Queries, queries } from '../../db/open.ts';
import type { OauthOperatorApps } from '../../db/schema.ts';
import type { Tx } from '../../lib/tx.ts';
import type { OperatorApp, Refusal, WorkspaceApp } from './app.ts';
import {
  dropOperatorPrevious,
  findOperatorPrevious,
  type KeptPrevious,
  keepOperatorPrevious,
  type StoredPrevious,
} from './previous-store.ts';

export async function findApp(
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<WorkspaceApp | null> {
  const row = await select(tx, workspaceId)
    .where('oauth_apps.integration', '=', integration)
    .executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

export async function listApps(tx: Tx, workspaceId: string): Promise<WorkspaceApp[]> {
  return (await select(tx, workspaceId).orderBy('oauth_apps.integration').execute()).map(fromRow);
}

/** Makes setups of one integration a matter of one transaction at a time. */
export async function lockApp(tx: Tx, workspaceId: string, integration: string): Promise<void> {
  const name = `oauth app ${workspaceId} ${integration}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(queries(tx));
}

export type NewWorkspaceApp = Omit<WorkspaceApp, 'refusal' | 'previous'>;
export type NewOperatorApp = Omit<OperatorApp, 'refusal' | 'previous' | 'addressStamp'> & {
  addressStamp?: string | null;
};

/** What was known of the provider's refusing it is forgotten: this one has not been tried. */
export async function saveApp(tx: Tx, app: NewWorkspaceApp): Promise<void> {
  const values = {
    method_id: app.methodId,
    client_id: app.clientId,
    sealed: app.sealed,
    secret_hint: app.secretHint,
    version: app.version,
    updated_at: app.updatedAt,
    updated_by_label: app.updatedBy,
    address_stamp: app.addressStamp,
    entered_under: app.enteredUnder ?? null,
    client_secret_ends_at: app.dates.endsAt,
    rotate_at: app.dates.rotateAt,
    dates_set_at: app.dates.setAt,
    ...notRefused,
  };
  await queries(tx)
    .insertInto('oauth_apps')
    .values({ id: app.id, workspace_id: app.workspaceId, integration: app.integration, ...values })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'integration']).doUpdateSet(values))
    .execute();
}

export async function deleteApp(tx: Tx, workspaceId: string, integration: string): Promise<void> {
  await queries(tx)
    .deleteFrom('oauth_apps')
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .execute();
}

/** Nobody has tried yet what was just entered. */
const notRefused = {
  refused_since: null,
  refused_words: null,
  refused_tries: 0,
  refused_by: null,
  retry_at: null,
};

/** How many connections of each integration a person signed in for and that still hold what they got. */
export async function countSignedIn(tx: Tx, workspaceId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await queries(tx)
    .selectFrom('connections')
    .select((eb) => ['integration', eb.fn.countAll<string>().as('count')])
    .where('workspace_id', '=', workspaceId)
    .where('method', '=', 'oauth2')
    .where('status', '!=', 'disconnected')
    .groupBy('integration')
    .execute();
  return new Map(rows.map(({ integration, count }) => [integration, Number(count)]));
}

/** The operator's setups: no workspace's transaction sees them. */
export interface OperatorAppStore {
  find(integration: string): Promise<OperatorApp | null>;
  list(): Promise<OperatorApp[]>;
  /** `previous`: the secret that is replaced by it, to be kept; left out: there is no way back to any. */
  save(app: NewOperatorApp, previous?: KeptPrevious | null): Promise<void>;
  findPrevious(integration: string): Promise<StoredPrevious | null>;
  /** False: there was none. */
  dropPrevious(integration: string): Promise<boolean>;
  /** False: there was none. */
  remove(integration: string): Promise<boolean>;
  /** The workspaces for which it holds: all that have none of their own. */
  workspacesUnder(integration: string): Promise<string[]>;
}

export function createOperatorAppStore(system: Queries): OperatorAppStore {
  const all = () =>
    system
      .selectFrom('oauth_operator_apps')
      .leftJoin(
        'oauth_operator_previous_secrets as previous',
        'previous.integration',
        'oauth_operator_apps.integration',
      )
      .selectAll('oauth_operator_apps')
      .select(previousColumns);
  return {
    // Of two workspaces' own integrations of one name, each goes to its own address: none of them is the operator's.
    find: async (integration) => {
      if (integration.startsWith(OWN_PREFIX)) return null;
      const row = await all().where('oauth_operator_apps.integration', '=', integration).executeTakeFirst();
      return row === undefined ? null : storedApp(row);
    },
    list: async () => (await all().orderBy('oauth_operator_apps.integration').execute()).map(storedApp),
    save: async (app, previous = null) => {
      const values = {
        client_id: app.clientId,
        sealed: app.sealed,
        secret_hint: app.secretHint,
        version: app.version,
        updated_at: app.updatedAt,
        entered_under: app.enteredUnder ?? null,
        address_stamp: app.addressStamp ?? null,
        ...notRefused,
      };
      await system.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('oauth_operator_apps')
          .values({ integration: app.integration, ...values })
          .onConflict((conflict) => conflict.column('integration').doUpdateSet(values))
          .execute();
        await dropOperatorPrevious(transaction, app.integration);
        if (previous !== null) await keepOperatorPrevious(transaction, app.integration, previous);
      });
    },
    findPrevious: (integration) => findOperatorPrevious(system, integration),
    dropPrevious: (integration) => dropOperatorPrevious(system, integration),
    remove: async (integration) => {
      const gone = await system
        .deleteFrom('oauth_operator_apps')
        .where('integration', '=', integration)
        .returning('integration')
        .executeTakeFirst();
      return gone !== undefined;
    },
    workspacesUnder: async (integration) => {
      const found = await system
        .selectFrom('workspaces')
        .select('id')
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('oauth_apps')
                .select('oauth_apps.id')
                .whereRef('oauth_apps.workspace_id', '=', 'workspaces.id')
                .where('oauth_apps.integration', '=', integration),
            ),
          ),
        )
        .orderBy('id')
        .execute();
      return found.map(({ id }) => id);
    },
  };
}

function select(tx: Tx, workspaceId: string) {
  return queries(tx)
    .selectFrom('oauth_apps')
    .leftJoin('oauth_previous_secrets as previous', 'previous.app_id', 'oauth_apps.id')
    .selectAll('oauth_apps')
    .select(previousColumns)
    .where('oauth_apps.workspace_id', '=', workspaceId);
}

const previousColumns = [
  'previous.secret_hint as previous_hint',
  'previous.replaced_at as replaced_at',
  'previous.destroy_after as previous_until',
] as const;

function fromRow(
  row: Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>,
): WorkspaceApp {
  return {
    ...storedApp(row),
    id: row.id as WorkspaceApp['id'],
    workspaceId: row.workspace_id,
    methodId: row.method_id,
    updatedBy: row.updated_by_label,
    dates: { endsAt: row.client_secret_ends_at, rotateAt: row.rotate_at, setAt: row.dates_set_at },
  };
}

type StoredRow = Selectable<OauthOperatorApps> & {
  previous_hint: string | null;
  replaced_at: Date | null;
  previous_until: Date | null;
};

function storedApp(row: StoredRow): OperatorApp {
  return {
    integration: row.integration,
    clientId: row.client_id,
    sealed: row.sealed,
    secretHint: row.secret_hint,
    version: row.version,
    updatedAt: row.updated_at,
    enteredUnder: row.entered_under,
    addressStamp: row.address_stamp,
    refusal: refusalOf(row),
    previous:
      row.replaced_at === null || row.previous_until === null
        ? null
        : { hint: row.previous_hint, replacedAt: row.replaced_at, destroyAfter: row.previous_until },
  };
}

function refusalOf(row: Selectable<OauthOperatorApps>): Refusal | null {
  if (row.refused_since === null || row.retry_at === null) return null;
  return {
    since: row.refused_since,
    words: row.refused_words,
    tries: row.refused_tries,
    retryAt: row.retry_at,
  };
}
