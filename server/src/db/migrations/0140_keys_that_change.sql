-- The master key and the workspaces' data keys can be replaced while servers run.
-- 32 random bytes under the master key, from which keyed hashes are derived: these stay the same when the master key changes.
alter table vault_canary add column root text collate "C";

-- When another key took over. It stays until nothing has needed it for a while.
alter table data_keys add column retired_at timestamptz;
update data_keys set retired_at = now() where not is_current;
create index data_keys_by_workspace on data_keys (workspace_id, id);
