-- What is known of a credential and no secret (client e-mail, key id, certificate subject), and when it ends by itself.
alter table credentials
  add column facts jsonb not null default '[]' check (jsonb_typeof(facts) = 'array'),
  add column expires_at timestamptz;
