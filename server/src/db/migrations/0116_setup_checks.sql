-- "Check my setup" asks its own public address for a number that only processes on this database can answer, whichever of them is asked; what the request brought is noted with it. One minute each.
create table setup_checks (
  nonce_hash bytea primary key,
  answer text not null,
  seen jsonb,
  expires_at timestamptz not null
);

-- The redirect URI that was to be registered at the tool when a setup was entered: another public address makes it another one. Null: entered before this was noted.
alter table oauth_apps add column entered_under text;
alter table oauth_operator_apps add column entered_under text;
