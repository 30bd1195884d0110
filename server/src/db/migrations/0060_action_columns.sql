-- What uses a connection is asked for each page of connections: only a workspace's action columns are looked at, not all columns.
create index columns_with_action on columns (workspace_id) where type = 'action';
