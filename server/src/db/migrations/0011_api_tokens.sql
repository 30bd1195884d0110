-- API tokens: only the hash is kept; the role is the maker's at that time, and never more than the maker's present one.
create table api_tokens (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  name text not null,
  token_hash bytea not null unique,
  hint text not null,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  scopes text[] not null,
  -- Null: all connections of the workspace.
  connection_ids text[],
  -- Null: made by the operator on the command line.
  created_by text collate "C" references users on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
create index api_tokens_by_workspace on api_tokens (workspace_id, id);
select keyrail_tenant_table('api_tokens');
