-- Members come by a link: of its code only a hash is kept, it works once and for seven days. Rows of used and revoked ones stay for a while, so that the link can say what became of it.
create table invitations (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  -- Whom it is for, in the words of whoever made it.
  note text,
  code_hash bytea not null unique,
  -- Null: made by an API token whose maker is the operator.
  created_by text collate "C" references users on delete cascade,
  created_by_label text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  accepted_at timestamptz,
  accepted_by text collate "C" references users on delete set null
);
create index invitations_by_workspace on invitations (workspace_id, id);
create index invitations_by_end on invitations (expires_at);
select keyrail_tenant_table('invitations');
