-- One-time sign-in setups: the client id and secret under which a workspace, or the operator for all of them, asks an integration for access.
create table oauth_apps (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  integration text collate "C" not null,
  method_id text collate "C" not null,
  -- No secret: the provider shows it to everybody who signs in.
  client_id text not null,
  -- Null: a client that has none.
  sealed text collate "C",
  secret_hint text,
  version integer not null default 1,
  updated_at timestamptz not null,
  updated_by_label text
);
create unique index oauth_apps_one on oauth_apps (workspace_id, integration);
select keyrail_tenant_table('oauth_apps');

-- The operator's belong to no workspace, so requests do not see this table: it is read past row-level security alone.
create table oauth_operator_apps (
  integration text collate "C" primary key,
  client_id text not null,
  sealed text collate "C",
  secret_hint text,
  version integer not null default 1,
  updated_at timestamptz not null
);
