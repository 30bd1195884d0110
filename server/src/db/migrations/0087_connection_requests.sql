-- Who may not add a connection can ask for one; an admin fulfils it by adding it, or declines.
create table connection_requests (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  integration text collate "C" not null,
  note text,
  state text not null default 'open' check (state in ('open', 'done', 'declined')),
  requested_by text collate "C" references users on delete set null,
  requested_by_label text not null,
  created_at timestamptz not null,
  decided_by_label text,
  decided_at timestamptz,
  -- The connection whose adding fulfilled it. No reference: it may be deleted later.
  connection_id text collate "C"
);
create index connection_requests_by_workspace on connection_requests (workspace_id, id desc);
-- Asking twice for the same is one request.
create unique index connection_requests_open on connection_requests (workspace_id, integration, requested_by)
  where state = 'open';
select keyrail_tenant_table('connection_requests');
