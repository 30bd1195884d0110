-- Access that people gave by signing in and that is no longer used here: the provider is told so, again and again if need be, whatever became of the connection.
create table withdrawals (
  id text collate "C" primary key,
  -- No reference, nor to the connection: access is withdrawn after both are gone.
  workspace_id text collate "C" not null,
  -- Null: a sign-in that was refused before a connection came of it.
  connection_id text collate "C",
  connection_name text,
  credential_version integer,
  integration text collate "C" not null,
  integration_name text not null,
  -- Null: not known whose access it is, so that any connection of the integration may be of the same account.
  account_id text,
  account_name text,
  because text collate "C" not null check (because in (
    'disconnected', 'deleted', 'replaced', 'address_changed', 'sign_in_refused', 'renewed_too_late'
  )),
  state text collate "C" not null check (state in ('pending', 'withdrawn', 'failed', 'not_offered')),
  -- Tokens, client secret and where they go, in one record; null once it is over.
  sealed text collate "C",
  key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  attempts integer not null default 0,
  -- Null while pending: another connection of the same account uses the access.
  next_attempt_at timestamptz,
  -- Of the last attempt: what went wrong, in our words; and the provider's own, without secrets.
  problem text,
  words text,
  -- Where a person does it.
  remove_url text,
  created_at timestamptz not null,
  settled_at timestamptz,
  check ((state = 'pending') = (sealed is not null)),
  check ((state = 'pending') = (settled_at is null)),
  check (state = 'pending' or next_attempt_at is null)
);

-- A sweep reads what is due and nothing else.
create index withdrawals_due on withdrawals (next_attempt_at) where next_attempt_at is not null;
-- What waits until an account is used no more.
create index withdrawals_that_wait on withdrawals (workspace_id, integration)
  where state = 'pending' and next_attempt_at is null;
create index withdrawals_of_connection on withdrawals (connection_id, id desc) where connection_id is not null;
create index withdrawals_newest on withdrawals (workspace_id, id desc);
create index withdrawals_by_state on withdrawals (workspace_id, state, id desc);
create index withdrawals_by_age on withdrawals (created_at);
-- What still needs a key, asked before the key is dropped.
create index withdrawals_by_key on withdrawals (key_id) where key_id is not null;

select keyrail_tenant_table('withdrawals');

-- Whose access a replaced credential is: the connection may be of another account by now.
alter table credentials add column account_id text;
