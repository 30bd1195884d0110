-- Some sign-ins end at a known time whatever is renewed: it stands with their tokens, and is said ahead of it, once.
alter table tokens
  -- Null: none is known.
  add column grant_ends_at timestamptz,
  -- From then on it ends soon.
  add column grant_warns_at timestamptz,
  -- When a sweep says so. Null: there is nothing to say, or it was said.
  add column grant_say_at timestamptz;

-- A sweep reads what is to be said and nothing else.
create index tokens_grant_say on tokens (grant_say_at) where grant_say_at is not null;
