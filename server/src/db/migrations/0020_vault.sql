-- Data keys, wrapped by a master key that is never in this database: a dump alone opens nothing.
create table data_keys (
  id text collate "C" primary key,
  workspace_id text collate "C" not null,
  -- `v1.<master key id>.…`
  wrapped text collate "C" not null,
  master_key_id text collate "C" generated always as (split_part(wrapped, '.', 2)) stored,
  is_current boolean not null default true,
  -- Seals made or set aside under this key. Random IVs of 96 bits are safe far below 2^32 of them.
  uses bigint not null default 0,
  created_at timestamptz not null default now()
);

create unique index data_keys_one_current on data_keys (workspace_id) where is_current;
create index data_keys_by_master_key on data_keys (master_key_id);

select keyrail_tenant_table('data_keys');
-- Only the keyring reads keys, and it does not work as this role: a hole in a request's query reaches none.
revoke all on data_keys from keyrail_app;

-- One record that tells at start whether the master key at hand is the one this database was made with.
create table vault_canary (
  is_only_row boolean primary key default true check (is_only_row),
  sealed text collate "C" not null,
  master_key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  created_at timestamptz not null default now()
);
