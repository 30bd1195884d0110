-- When "keyrail backup" made one, so that "Check my setup" can say how old the last is. It is noted after the moment that the backup shows.
create table backups (
  -- The file's salt.
  id text collate "C" primary key,
  made_at timestamptz not null,
  row_count bigint not null,
  size_bytes bigint not null
);
