-- The secrets of connections, sealed, one row for each version, apart from what lists read.
create table credentials (
  workspace_id text collate "C" not null,
  connection_id text collate "C" not null,
  version integer not null check (version > 0),
  state text collate "C" not null check (state in ('pending', 'current', 'previous', 'retired')),
  -- Null once destroyed.
  sealed text collate "C",
  -- Which data key it needs: `v1.<key id>.…`.
  key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  -- What is shown of this version, so that a roll-back brings it back too.
  method text collate "C" not null,
  method_id text collate "C" not null,
  fields jsonb not null default '{}',
  hint text,
  created_at timestamptz not null,
  created_by_label text,
  destroy_after timestamptz,
  destroyed_at timestamptz,
  primary key (connection_id, version),
  foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade,
  check ((sealed is null) = (destroyed_at is not null)),
  check (state in ('pending', 'current', 'previous') or sealed is null)
);

create unique index credentials_one_current on credentials (connection_id) where state = 'current';
create unique index credentials_one_previous on credentials (connection_id) where state = 'previous';
create index credentials_to_destroy on credentials (destroy_after) where destroy_after is not null;
-- What still needs a key, asked before the key is dropped.
create index credentials_by_key on credentials (key_id) where key_id is not null;

select keyrail_tenant_table('credentials');
