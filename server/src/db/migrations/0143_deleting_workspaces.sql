-- A workspace that an owner deletes is gone for everybody at once; its rows go in batches, by whichever process has time.
alter table workspaces add column deleting_at timestamptz;
create index workspaces_deleting on workspaces (deleting_at) where deleting_at is not null;
