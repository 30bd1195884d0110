-- Answers of POST requests by the Idempotency-Key they came with, for 24 hours, so that a repeated request does nothing twice.
create table idempotency_keys (
  workspace_id text collate "C" not null references workspaces on delete cascade,
  key text not null,
  -- Route, and a keyed hash of the body: the body itself may hold a secret.
  request_hash text not null,
  -- The attempt that holds the key. A later one may take over when `held_until` is past and nothing was written.
  claim text not null,
  held_until timestamptz not null,
  -- Set in the transaction of the request's own changes: from then on it must not be done again.
  has_effects boolean not null default false,
  status integer,
  answer text,
  answer_headers jsonb,
  created_at timestamptz not null default now(),
  primary key (workspace_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
select keyrail_tenant_table('idempotency_keys');
