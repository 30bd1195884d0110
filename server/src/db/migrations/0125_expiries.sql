-- What ends when, or is to be replaced: kept up by triggers in the transaction of whatever changes it, so that nobody who changes a credential can forget it, with when people are told ahead.
alter table credentials
  -- Entered by a person, of this very credential: a new one has none, and a roll-back brings them back.
  add column ends_at timestamptz,
  add column rotate_at timestamptz,
  add column dates_set_at timestamptz;

alter table oauth_apps
  add column client_secret_ends_at timestamptz,
  add column rotate_at timestamptz,
  add column dates_set_at timestamptz;

create table expiries (
  -- Made of what it is the end of, and of the end: the same as long as that is the same.
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  subject_kind text collate "C" not null check (subject_kind in ('connection', 'sign_in_setup', 'api_token')),
  -- Of a sign-in setup the slug of its integration.
  subject_id text collate "C" not null,
  connection_id text collate "C" references connections (id) on delete cascade,
  app_id text collate "C" references oauth_apps (id) on delete cascade,
  token_id text collate "C" references api_tokens (id) on delete cascade,
  -- Of an API token, which keeps it.
  subject_name text,
  kind text collate "C" not null check (kind in (
    'certificate', 'key', 'client_secret', 'sign_in', 'api_token', 'rotation'
  )),
  source text collate "C" not null check (source in ('credential', 'tool', 'entered', 'forecast')),
  ends_at timestamptz not null,
  -- Warnings before that would say what is known: a date that somebody has just entered, the end of a short grant.
  warns_from timestamptz not null,
  -- The last warning that was given: 30, 7 or 1 days ahead; 0: nobody was told before, so afterwards.
  warned_days smallint check (warned_days in (30, 7, 1, 0)),
  -- False: it ends no more, or otherwise, and is kept because people were told of it.
  is_current boolean not null default true,
  -- When a sweep looks at it: to warn, or to say that it is over. Null: there is nothing to say.
  due_at timestamptz,
  check (num_nonnulls(connection_id, app_id, token_id) = 1)
);

select keyrail_tenant_table('expiries');

create index expiries_soonest on expiries (workspace_id, ends_at, id) where is_current;
create index expiries_of_subject on expiries (workspace_id, subject_kind, subject_id);
-- A sweep reads what is due and nothing else.
create index expiries_due on expiries (due_at) where due_at is not null;
create index expiries_past on expiries (ends_at) where not is_current;
-- What goes with what it belongs to is found by it.
create index expiries_of_connection on expiries (connection_id) where connection_id is not null;
create index expiries_of_app on expiries (app_id) where app_id is not null;
create index expiries_of_token on expiries (token_id) where token_id is not null;

-- The first of the warnings that have not been given. Where none could be, that it has ended is said then (0); of an access that
-- the tool ends, its refusal says so. Days of 24 hours, whatever a time zone does in between.
create function keyrail_next_warning(
  source text, ends_at timestamptz, warns_from timestamptz, warned_days integer
)
  returns timestamptz
  language sql stable as $$
  select ends_at - make_interval(hours => 24 * max(step)) from unnest(array[30, 7, 1, 0]) as step
  where (warned_days is null or step < warned_days)
    and (step > 0 or (warned_days is null and source in ('credential', 'entered')))
    and ends_at - make_interval(hours => 24 * step) >= warns_from
$$;

create function keyrail_expiry_id(
  workspace text, subject_is text, subject text, kind text, source text, ends_at timestamptz
) returns text
  language sql immutable as $$
  select 'exp_' || substr(encode(sha256(convert_to(concat_ws(
    chr(31), workspace, subject_is, subject, kind, source, extract(epoch from ends_at)::text
  ), 'UTF8')), 'hex'), 1, 32)
$$;

-- These are its ends from now on: an array of objects with kind, source, ends_at, warns_from. What people were told of is
-- kept: the same end that comes back (a roll-back, a date entered again) is told no second time.
create function keyrail_note_ends(
  workspace text, subject_is text, subject text, reference text, called text, ends jsonb
) returns void
  language plpgsql as $$
declare
  wanted_ids text[];
begin
  select coalesce(array_agg(keyrail_expiry_id(workspace, subject_is, subject, one.kind, one.source, one.ends_at)), '{}')
  into wanted_ids
  from jsonb_to_recordset(ends) as one (kind text, source text, ends_at timestamptz)
  where one.ends_at is not null;

  delete from expiries
  where workspace_id = workspace and subject_kind = subject_is and subject_id = subject
    and is_current and warned_days is null and id <> all (wanted_ids);
  update expiries set is_current = false, due_at = '-infinity'
  where workspace_id = workspace and subject_kind = subject_is and subject_id = subject
    and is_current and id <> all (wanted_ids);

  insert into expiries (
    id, workspace_id, subject_kind, subject_id, connection_id, app_id, token_id, subject_name,
    kind, source, ends_at, warns_from, due_at
  )
  select keyrail_expiry_id(workspace, subject_is, subject, one.kind, one.source, one.ends_at),
    workspace, subject_is, subject,
    case when subject_is = 'connection' then reference end,
    case when subject_is = 'sign_in_setup' then reference end,
    case when subject_is = 'api_token' then reference end,
    called, one.kind, one.source, one.ends_at, one.warns_from,
    keyrail_next_warning(one.source, one.ends_at, one.warns_from, null)
  from jsonb_to_recordset(ends) as one (kind text, source text, ends_at timestamptz, warns_from timestamptz)
  where one.ends_at is not null
  on conflict (id) do update
  set is_current = true,
    due_at = keyrail_next_warning(expiries.source, expiries.ends_at, expiries.warns_from, expiries.warned_days)
  where not expiries.is_current;
end
$$;

create function keyrail_note_connection_ends(workspace text, connection text) returns void
  language plpgsql as $$
declare
  present credentials;
  token tokens;
begin
  -- One at a time, each seeing what the one before committed: a token is renewed while its credential is replaced.
  perform pg_advisory_xact_lock(hashtextextended('ends of ' || connection, 0));
  select * into present from credentials
  where workspace_id = workspace and connection_id = connection and state = 'current';
  select * into token from tokens
  where workspace_id = workspace and connection_id = connection and credential_version = present.version;
  perform keyrail_note_ends(workspace, 'connection', connection, connection, null, jsonb_build_array(
    jsonb_build_object(
      'kind', case when present.method in ('certificate', 'service_account') then 'certificate' else 'key' end,
      'source', 'credential', 'ends_at', present.expires_at, 'warns_from', '-infinity'
    ),
    jsonb_build_object(
      'kind', case present.method
        when 'certificate' then 'certificate'
        when 'oauth2_client_credentials' then 'client_secret'
        when 'oauth2' then 'sign_in'
        else 'key' end,
      'source', 'entered', 'ends_at', present.ends_at,
      'warns_from', present.dates_set_at + interval '12 hours'
    ),
    jsonb_build_object(
      'kind', 'rotation', 'source', 'entered', 'ends_at', present.rotate_at,
      'warns_from', present.dates_set_at + interval '12 hours'
    ),
    -- An access that was withdrawn before has no end to come.
    jsonb_build_object(
      'kind', 'sign_in', 'source', 'tool',
      'ends_at', case when token.ended_because is null or token.ended_because = 'expired' then token.grant_ends_at end,
      'warns_from', token.grant_warns_at
    ),
    -- While it is renewed it does not end for disuse.
    jsonb_build_object(
      'kind', 'sign_in', 'source', 'forecast',
      'ends_at', case
        when token.failures > 0 and token.has_refresh_token and token.ended_because is null
          and token.made_from = 'refresh_token'
        then token.minted_at + make_interval(secs => token.idle_seconds) end,
      'warns_from', '-infinity'
    )
  ));
end
$$;

create function keyrail_credential_ends() returns trigger
  language plpgsql as $$
begin
  perform keyrail_note_connection_ends(new.workspace_id, new.connection_id);
  return null;
end
$$;

-- At the end of the transaction, when it waits for nothing else any more: no two wait for each other.
create constraint trigger credentials_end_inserted after insert on credentials
  deferrable initially deferred for each row when (
    new.expires_at is not null or new.ends_at is not null or new.rotate_at is not null or new.method = 'oauth2'
  ) execute function keyrail_credential_ends();

create constraint trigger credentials_end after update of state, expires_at, ends_at, rotate_at on credentials
  deferrable initially deferred for each row when (
    (old.state is distinct from new.state and (
      old.expires_at is not null or old.ends_at is not null or old.rotate_at is not null or new.method = 'oauth2'
    ))
    or old.expires_at is distinct from new.expires_at
    or old.ends_at is distinct from new.ends_at
    or old.rotate_at is distinct from new.rotate_at
  ) execute function keyrail_credential_ends();

create constraint trigger tokens_end_inserted after insert on tokens
  deferrable initially deferred for each row when (new.grant_ends_at is not null) execute function keyrail_credential_ends();

-- A renewal that goes well and leaves the end of the access where it was costs nothing here.
create constraint trigger tokens_end after update on tokens
  deferrable initially deferred for each row when (
    old.grant_ends_at is distinct from new.grant_ends_at
    or old.credential_version <> new.credential_version
    or old.ended_because is distinct from new.ended_because
    or ((old.failures > 0) <> (new.failures > 0) and coalesce(new.idle_seconds, old.idle_seconds) is not null)
  ) execute function keyrail_credential_ends();

create function keyrail_gone_token_ends() returns trigger
  language plpgsql as $$
begin
  perform keyrail_note_connection_ends(old.workspace_id, old.connection_id);
  return null;
end
$$;

create constraint trigger tokens_end_deleted after delete on tokens
  deferrable initially deferred for each row when (old.grant_ends_at is not null or (old.failures > 0 and old.idle_seconds is not null))
  execute function keyrail_gone_token_ends();

create function keyrail_setup_ends() returns trigger
  language plpgsql as $$
begin
  perform keyrail_note_ends(new.workspace_id, 'sign_in_setup', new.integration, new.id, null, jsonb_build_array(
    jsonb_build_object(
      'kind', 'client_secret', 'source', 'entered', 'ends_at', new.client_secret_ends_at,
      'warns_from', new.dates_set_at + interval '12 hours'
    ),
    jsonb_build_object(
      'kind', 'rotation', 'source', 'entered', 'ends_at', new.rotate_at,
      'warns_from', new.dates_set_at + interval '12 hours'
    )
  ));
  return null;
end
$$;

create trigger oauth_apps_end_inserted after insert on oauth_apps
  for each row when (new.client_secret_ends_at is not null or new.rotate_at is not null)
  execute function keyrail_setup_ends();
create trigger oauth_apps_end after update of client_secret_ends_at, rotate_at on oauth_apps
  for each row when (
    old.client_secret_ends_at is distinct from new.client_secret_ends_at
    or old.rotate_at is distinct from new.rotate_at
  ) execute function keyrail_setup_ends();

create function keyrail_token_ends() returns trigger
  language plpgsql as $$
begin
  perform keyrail_note_ends(new.workspace_id, 'api_token', new.id, new.id, new.name, jsonb_build_array(
    jsonb_build_object(
      'kind', 'api_token', 'source', 'credential', 'ends_at', new.expires_at,
      'warns_from', new.created_at + interval '12 hours'
    )
  ));
  return null;
end
$$;

create trigger api_tokens_end after insert or update of expires_at on api_tokens
  for each row when (new.expires_at is not null) execute function keyrail_token_ends();

-- What there is already.
select keyrail_note_connection_ends(workspace_id, connection_id) from credentials
where state = 'current' and (expires_at is not null or method = 'oauth2');
select keyrail_note_ends(workspace_id, 'api_token', id, id, name, jsonb_build_array(jsonb_build_object(
  'kind', 'api_token', 'source', 'credential', 'ends_at', expires_at,
  'warns_from', created_at + interval '12 hours'
))) from api_tokens where expires_at is not null;
