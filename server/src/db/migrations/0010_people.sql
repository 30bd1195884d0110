-- Who may come in: people, their workspaces, their browser sessions. Nothing here can be used to sign in: passwords are argon2id, session and link codes are hashes.
create table users (
  id text collate "C" primary key,
  -- Lower case, as compared at sign-in.
  email text not null unique,
  name text not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);

create table workspaces (
  id text collate "C" primary key,
  name text not null,
  contact_for_help text,
  created_at timestamptz not null default now(),
  version integer not null default 1
);
alter table workspaces enable row level security;
create policy tenant on workspaces to keyrail_app
  using (id = (select keyrail_workspace_id())) with check (id = (select keyrail_workspace_id()));
grant select, insert, update, delete on workspaces to keyrail_app;

create table members (
  workspace_id text collate "C" not null references workspaces on delete cascade,
  user_id text collate "C" not null references users on delete cascade,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, user_id)
);
create index members_by_user on members (user_id);
select keyrail_tenant_table('members');
-- A list of members shows their names; who may be seen is decided by the rows of members.
grant select on users to keyrail_app;
alter table users enable row level security;
create policy fellow on users for select to keyrail_app
  using (exists (select from members where members.user_id = users.id));

create table sessions (
  id text collate "C" primary key,
  user_id text collate "C" not null references users on delete cascade,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  used_at timestamptz not null,
  expires_at timestamptz not null,
  ip text not null,
  user_agent text not null
);
create index sessions_by_user on sessions (user_id, used_at);

-- Addresses a person has signed in from: wrong passwords typed elsewhere do not lock these out.
create table known_addresses (
  user_id text collate "C" not null references users on delete cascade,
  address text not null,
  seen_at timestamptz not null,
  primary key (user_id, address)
);

-- Attempts to sign in, counted over all processes. Keys are hashes of what was typed, so unknown accounts count alike.
create table sign_in_attempts (
  key text primary key,
  attempts timestamptz[] not null
);

-- The one-time link that makes the owner's account. At most one works at a time.
create table setup_links (
  code_hash bytea primary key,
  expires_at timestamptz not null
);
