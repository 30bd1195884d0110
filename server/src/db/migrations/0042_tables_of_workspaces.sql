-- A workspace that is deleted takes its tables with it, and those their columns and rows (0040).
alter table tables
  add foreign key (workspace_id) references workspaces (id) on delete cascade;
