import { sql } from 'kysely';
import { newId } from '../src/lib/id.ts';
import type { Client, TestApp } from './app.ts';
import { described } from './crm.ts';

/** One thing of every kind that has an id (or, with `slug`, a name in addresses), in a workspace: what somebody of another one must not reach. */
export type Furnished = Readonly<Record<string, string>>;

/** By the prefix of its id. A route with an id of a new kind needs its line here (policy.test.ts says so). */
export async function furnishWorkspace(
  app: TestApp,
  { client, workspaceId }: { client: Client; workspaceId: string },
): Promise<Furnished> {
  const made = async (path: string, body: object): Promise<string> => {
    const { status, json, text } = await client.post(path, body);
    if (status >= 300) throw new Error(`${path} made nothing: ${text}`);
    return (json.id ?? json.data?.[0]?.id) as string;
  };
  const usr = (await client.get('/v1/session')).json.user.id as string;
  const tbl = await made('/v1/tables', { name: 'Leads' });
  const text = await made(`/v1/tables/${tbl}/columns`, { name: 'Email', type: 'text' });
  const row = await made(`/v1/tables/${tbl}/rows`, { rows: [{ values: {} }] });
  const con = await emptyConnection(app, workspaceId, 'Main');
  const run = newId<string>('run');
  await sql`insert into runs (id, workspace_id, table_id, column_id, state, scope, action, created_by_label, unsettled)
    values (${run}, ${workspaceId}, ${tbl}, ${text}, 'done', 'all', '{}', 'Somebody', false)`.execute(
    app.database.db.system,
  );
  const aut = newId<string>('aut');
  await sql`insert into authorizations (id, workspace_id, integration, method_id, state_hash, origin, redirect_uri,
      client_id, set_up_by, wanted, state, created_at, expires_at)
    values (${aut}, ${workspaceId}, 'hubspot', 'oauth2', ${Buffer.from(aut)}, 'http://x', 'http://x', 'client',
      'workspace', '{}', 'pending', now(), now() + interval '10 minutes')`.execute(app.database.db.system);
  const hook = await made('/v1/webhooks', { url: 'https://hooks.example.com/keyrail' });
  const [ntc, dlv] = [newId<string>('ntc'), newId<string>('dlv')];
  await sql`insert into notices (id, workspace_id, kind, subject_kind, subject_id, subject_name, about, event_key, title,
      message, for_admins, at)
    values (${ntc}, ${workspaceId}, 'expires_soon', 'connection', ${con}, 'Main', '', 'x', 'T', 'M', false, now())`.execute(
    app.database.db.system,
  );
  await sql`insert into deliveries (id, workspace_id, channel_id, notice_id, state, attempts, last_answer, created_at, settled_at)
    values (${dlv}, ${workspaceId}, ${hook}, ${ntc}, 'delivered', 1, '200', now(), now())`.execute(
    app.database.db.system,
  );
  return {
    hook,
    ntc,
    dlv,
    nch: await made('/v1/notification-channels', {
      ...{ kind: 'slack', name: 'Alerts', url: 'https://hooks.example.com/services/fake' },
    }),
    aut,
    wsp: workspaceId,
    usr,
    tbl,
    col: text,
    row,
    con,
    run,
    tok: await made('/v1/tokens', { name: 'CI', scopes: ['tables:read'] }),
    inv: await made('/v1/invitations', { role: 'viewer' }),
    slug: (await client.post('/v1/custom-integrations', described('https://crm.example.com'))).json.slug,
    req: await made('/v1/connection-requests', { integration: 'hunter' }),
  };
}

/** A connection that holds no credential, for what only asks whether there is one; its id. */
export async function emptyConnection(
  { database }: TestApp,
  workspaceId: string,
  name: string,
): Promise<string> {
  const id = newId<string>('con');
  const now = new Date();
  await database.db.system
    .insertInto('connections')
    .values({
      ...{ id, workspace_id: workspaceId, integration: 'hunter', name, name_key: name.toLowerCase() },
      ...{ method: 'api_key', method_id: 'api_key', status: 'disconnected' },
      ...{ status_since: now, created_at: now, updated_at: now },
    })
    .execute();
  return id;
}
