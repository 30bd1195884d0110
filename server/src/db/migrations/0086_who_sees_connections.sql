-- Who sees the Connections page is the workspace's choice: everybody, read only, or owners and admins alone.
alter table workspaces add column connections_visible_to text not null default 'everybody'
  check (connections_visible_to in ('everybody', 'admins'));
