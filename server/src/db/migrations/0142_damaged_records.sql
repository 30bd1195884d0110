-- A stored credential that did not open is marked, once, until others take its place: so it can be counted without opening all.
alter table credentials add column damaged_at timestamptz;
create index credentials_damaged on credentials (workspace_id, connection_id) where damaged_at is not null;
