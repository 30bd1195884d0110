-- What a person sees of a connection: everything but its secret, so that lists decrypt nothing and a damaged secret breaks none of them.
create table connections (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces (id) on delete cascade,
  integration text collate "C" not null,
  name text not null,
  -- NFC, trimmed, lower case: two names that read alike are one name.
  name_key text collate "C" not null,
  method text collate "C" not null,
  -- The method's own id where an integration has two of one kind, else its kind again.
  method_id text collate "C" not null,
  is_default boolean not null default false,
  status text collate "C" not null check (status in (
    'connected', 'expiring_soon', 'limited', 'out_of_credits', 'unverified',
    'expired', 'invalid', 'revoked', 'disconnected'
  )),
  status_reason text,
  status_since timestamptz not null,
  account jsonb,
  -- The provider's own stable id of the account: tells another account after a reconnect.
  account_id text,
  hint text,
  fields jsonb not null default '{}',
  last_verdict jsonb,
  last_checked_at timestamptz,
  next_check_at timestamptz,
  -- Checks in a row that could not be made (a provider that is down): the wait doubles with each.
  checks_missed integer not null default 0,
  last_used_at timestamptz,
  version integer not null default 1,
  created_by text collate "C",
  created_by_label text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (workspace_id, id)
);

create unique index connections_one_name on connections (workspace_id, integration, name_key);
create unique index connections_one_default on connections (workspace_id, integration) where is_default;
-- A sweep reads what is due and nothing else.
create index connections_due on connections (next_check_at) where next_check_at is not null;

select keyrail_tenant_table('connections');
