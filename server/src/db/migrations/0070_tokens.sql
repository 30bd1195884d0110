-- Short-lived tokens, one row for each credential that has some, apart from the credential: they change every hour, it does not.
create table tokens (
  -- Part of what is authenticated with the secrets; a roll-back gives the row another credential version.
  id text collate "C" primary key,
  workspace_id text collate "C" not null,
  connection_id text collate "C" not null,
  credential_version integer not null check (credential_version > 0),
  -- What a new one is made from: a refresh token that comes with each, or the credential itself.
  made_from text collate "C" not null check (made_from in ('refresh_token', 'credential')),
  -- Grows by one with each token; part of what is authenticated. 0: none was made yet.
  generation integer not null default 0,
  -- Both secrets in one record, so that they are written in one piece. Null: none was made yet.
  sealed text collate "C",
  key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  has_refresh_token boolean not null default false,
  scopes jsonb,
  fields jsonb not null default '{}',
  minted_at timestamptz,
  -- Null: not known.
  expires_at timestamptz,
  -- When the sweep renews it. Null: never by itself.
  renew_at timestamptz,
  -- Who renews it now; a lease that ran out with its owner still in it was cut off in the middle.
  lease_owner text collate "C",
  lease_until timestamptz,
  lease_generation integer not null default 0,
  -- A renewal may have been carried out without its answer having come.
  interrupted_at timestamptz,
  -- When a refused token was last renewed before its time.
  forced_at timestamptz,
  -- Renewals in a row that did not come about, why the last one did not, and when the next may be tried.
  failures integer not null default 0,
  failure text collate "C" check (failure in ('not_now', 'setup_rejected')),
  failure_words text,
  retry_at timestamptz,
  -- No new one can be made any more.
  ended_because text collate "C" check (ended_because in ('expired', 'revoked', 'rejected', 'interrupted')),
  ended_words text,
  unique (connection_id, credential_version),
  foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade,
  check ((sealed is null) = (generation = 0)),
  check (has_refresh_token = false or sealed is not null)
);

-- A sweep reads what is due and nothing else.
create index tokens_due on tokens (renew_at) where renew_at is not null;
-- What still needs a key, asked before the key is dropped.
create index tokens_by_key on tokens (key_id) where key_id is not null;

select keyrail_tenant_table('tokens');

-- A destroyed credential leaves no token behind, whoever destroys it: a roll-back's end, a disconnect, a sweep.
create function keyrail_forget_tokens() returns trigger
  language plpgsql as $$
begin
  delete from tokens
  where workspace_id = new.workspace_id and connection_id = new.connection_id
    and credential_version = new.version;
  return null;
end
$$;

create trigger credentials_forget_tokens after update of sealed on credentials
  for each row when (new.sealed is null) execute function keyrail_forget_tokens();
