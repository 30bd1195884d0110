-- A sign-in that reaches several accounts waits for a choice, what it got sealed with it; one that an API token began waits for the person who goes on with it.
alter table authorizations drop constraint authorizations_state_check;
alter table authorizations add constraint authorizations_state_check
  check (state in ('pending', 'finishing', 'choosing', 'connected', 'failed'));
alter table authorizations
  -- The API token's name, where one began it.
  add column asked_by text,
  -- {"label", "choices": [{"value", "label"}]}
  add column choice jsonb,
  -- Tokens and what came with them; null once it is over.
  add column sealed text;
create index authorizations_that_hold_tokens on authorizations (expires_at) where sealed is not null;
