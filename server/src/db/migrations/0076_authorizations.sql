-- Sign-ins under way at a provider: ten minutes each, used once. State and browser are kept as hashes; the PKCE verifier is made again from the state.
create table authorizations (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  integration text collate "C" not null,
  method_id text collate "C" not null,
  state_hash bytea not null unique,
  -- Of the cookie of the browser that began it; null where an API token did.
  browser_hash bytea,
  started_by text collate "C" references users on delete cascade,
  -- Where the page that began it stands; loopback has several names, and cookies only one of them.
  origin text not null,
  redirect_uri text not null,
  client_id text not null,
  set_up_by text not null check (set_up_by in ('workspace', 'operator')),
  connection_id text collate "C",
  -- What was asked for: name, fields, scopes, default, other account.
  wanted jsonb not null,
  state text not null check (state in ('pending', 'finishing', 'connected', 'failed')),
  reason text,
  message text,
  next_step text,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index authorizations_by_workspace on authorizations (workspace_id, created_at);
create index authorizations_by_age on authorizations (expires_at);
select keyrail_tenant_table('authorizations');
