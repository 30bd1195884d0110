-- A client secret that was replaced stays for roll-back for a time, apart from the setup, with the version it was sealed as.
create table oauth_previous_secrets (
  app_id text collate "C" primary key references oauth_apps (id) on delete cascade,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  version integer not null,
  sealed text collate "C" not null,
  key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  secret_hint text,
  -- As they were entered for it: they come back with it.
  ends_at timestamptz,
  rotate_at timestamptz,
  dates_set_at timestamptz,
  replaced_at timestamptz not null,
  destroy_after timestamptz not null
);
create index oauth_previous_secrets_to_destroy on oauth_previous_secrets (destroy_after);
-- What still needs a key, asked before the key is dropped.
create index oauth_previous_secrets_by_key on oauth_previous_secrets (key_id, app_id) where key_id is not null;
select keyrail_tenant_table('oauth_previous_secrets');

-- Of the operator's setups, which belong to no workspace: read past row-level security alone.
create table oauth_operator_previous_secrets (
  integration text collate "C" primary key references oauth_operator_apps (integration) on delete cascade,
  version integer not null,
  sealed text collate "C" not null,
  key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  secret_hint text,
  replaced_at timestamptz not null,
  destroy_after timestamptz not null
);
create index oauth_operator_previous_secrets_to_destroy on oauth_operator_previous_secrets (destroy_after);
create index oauth_operator_previous_secrets_by_key on oauth_operator_previous_secrets (key_id, integration)
  where key_id is not null;
