-- What is sealed under a key, in an order: it is sealed anew in batches that go on where the last one ended.
drop index credentials_by_key;
create index credentials_by_key on credentials (key_id, connection_id, version) where key_id is not null;
drop index tokens_by_key;
create index tokens_by_key on tokens (key_id, id) where key_id is not null;
drop index withdrawals_by_key;
create index withdrawals_by_key on withdrawals (key_id, id) where key_id is not null;

alter table oauth_apps
  add column key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored;
create index oauth_apps_by_key on oauth_apps (key_id, id) where key_id is not null;
alter table oauth_operator_apps
  add column key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored;
create index oauth_operator_apps_by_key on oauth_operator_apps (key_id, integration) where key_id is not null;
alter table authorizations
  add column key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored;
create index authorizations_by_key on authorizations (key_id, id) where key_id is not null;
