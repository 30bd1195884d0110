-- The audit log: requests can add entries and read them; changing or removing one is not granted to the role they work under.
create table audit_entries (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  at timestamptz not null default now(),
  actor_kind text not null check (actor_kind in ('user', 'token', 'keyrail', 'operator')),
  actor_id text,
  actor_label text not null,
  ip text,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  subject_name text,
  detail jsonb not null default '{}'
);
create index audit_entries_by_workspace on audit_entries (workspace_id, id desc);
select keyrail_tenant_table('audit_entries');
revoke update, delete on audit_entries from keyrail_app;
