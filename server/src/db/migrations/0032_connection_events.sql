-- A connection's timeline: what was done to it and what was found, in sentences for people.
create table connection_events (
  id text collate "C" primary key,
  workspace_id text collate "C" not null,
  connection_id text collate "C" not null,
  kind text collate "C" not null,
  message text not null,
  actor text,
  at timestamptz not null,
  foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);

create index connection_events_newest on connection_events (connection_id, id desc);

select keyrail_tenant_table('connection_events');
