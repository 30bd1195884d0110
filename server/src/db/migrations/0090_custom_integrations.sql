-- Integrations that a workspace describes itself; for everything else they are integrations like any other.
create table custom_integrations (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces on delete cascade,
  slug text collate "C" not null,
  name text not null,
  -- NFC, trimmed, lower case: two names that read alike are one name.
  name_key text collate "C" not null,
  -- As it was described, in the form of the API; what the rooms work with is made from it.
  described jsonb not null,
  -- Kept with each credential that is entered, and made anew whenever credentials would go to another place: an older one is never used.
  address_stamp text collate "C" not null,
  version integer not null default 1,
  created_by_label text,
  created_at timestamptz not null,
  updated_by_label text,
  updated_at timestamptz not null
);
create unique index custom_integrations_one_slug on custom_integrations (workspace_id, slug);
create unique index custom_integrations_one_name on custom_integrations (workspace_id, name_key);
select keyrail_tenant_table('custom_integrations');
