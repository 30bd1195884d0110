-- A sign-in setup that the provider refuses: since when, and when it may be tried again, so that not every connection asks; and the address a secret was entered for.
alter table oauth_apps
  add column refused_since timestamptz,
  add column refused_words text,
  add column refused_tries integer not null default 0,
  -- By which connection it was tried last: the next try is another one's.
  add column refused_by text collate "C",
  add column retry_at timestamptz,
  -- Of an integration that the workspace describes itself: the secret is sent to no other address.
  add column address_stamp text collate "C";

alter table oauth_operator_apps
  add column refused_since timestamptz,
  add column refused_words text,
  add column refused_tries integer not null default 0,
  add column refused_by text collate "C",
  add column retry_at timestamptz;

-- Those that were entered before are for the address there is now: a change of it has always taken them along.
update oauth_apps set address_stamp = custom_integrations.address_stamp
from custom_integrations
where custom_integrations.workspace_id = oauth_apps.workspace_id
  and custom_integrations.slug = oauth_apps.integration;
