-- What people must hear of (something stopped, ends soon, works again), and where it is sent besides the app, with what came of it.
create table notices (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces (id) on delete cascade,
  kind text collate "C" not null check (kind in ('needs_attention', 'expires_soon', 'recovered')),
  -- No reference: a notice outlives what it was about.
  subject_kind text collate "C" not null check (
    subject_kind in ('connection', 'sign_in_setup', 'api_token', 'webhook', 'notification_channel')
  ),
  subject_id text collate "C" not null,
  subject_name text not null,
  -- The slug.
  integration text collate "C",
  -- Which trouble or which end of the subject.
  about text collate "C" not null,
  -- The same event, told by two processes or twice, is one notice.
  event_key text collate "C" not null,
  title text not null,
  message text not null,
  -- About what owners and admins alone see.
  for_admins boolean not null,
  at timestamptz not null,
  over_at timestamptz,
  -- It works again, and people are told so at this time, unless the trouble is back before.
  recovery_due_at timestamptz,
  recovery_title text,
  recovery_message text,
  unique (workspace_id, event_key),
  check (recovery_due_at is null or (kind = 'needs_attention' and over_at is not null))
);

-- One trouble of a subject at a time, whoever finds it.
create unique index notices_of_trouble on notices (workspace_id, subject_kind, subject_id)
  where kind = 'needs_attention' and (over_at is null or recovery_due_at is not null);
create index notices_of_subject on notices (workspace_id, subject_kind, subject_id, id desc);
-- Lists and counts read what they show, for those who see all and those who do not.
create index notices_newest on notices (workspace_id, id desc);
create index notices_for_all on notices (workspace_id, id desc) where not for_admins;
create index notices_by_kind on notices (workspace_id, kind, id desc);
create index notices_recovering on notices (recovery_due_at) where recovery_due_at is not null;
create index notices_by_age on notices (at);
select keyrail_tenant_table('notices');

-- Up to where a person has read.
create table notice_readers (
  workspace_id text collate "C" not null references workspaces (id) on delete cascade,
  user_id text collate "C" not null references users on delete cascade,
  read_until text collate "C" not null,
  primary key (workspace_id, user_id)
);
create index notice_readers_of_user on notice_readers (user_id);
select keyrail_tenant_table('notice_readers');

create table notice_channels (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces (id) on delete cascade,
  kind text collate "C" not null check (kind in ('email', 'slack', 'webhook')),
  name text not null,
  -- E-mail.
  addresses text[] not null default '{}',
  -- A webhook's. Where a Slack message goes is a secret, and sealed.
  url text,
  -- Slack: host and the last characters; a webhook: the last characters of what it is signed with.
  hint text,
  -- Slack: the address. A webhook: what it is signed with, and with which before.
  sealed text collate "C",
  sealed_version integer not null default 1,
  key_id text collate "C" generated always as (split_part(sealed, '.', 2)) stored,
  previous_secret_until timestamptz,
  kinds text[] not null,
  is_paused boolean not null default false,
  stopped_at timestamptz,
  -- Of the last deliveries: since when none arrives, and why.
  failing_since timestamptz,
  problem text,
  last_delivered_at timestamptz,
  created_by text,
  created_at timestamptz not null,
  version integer not null default 1,
  check ((kind = 'email') = (sealed is null)),
  check ((kind = 'webhook') = (url is not null))
);
create index notice_channels_of_workspace on notice_channels (workspace_id, id desc);
-- What still needs a key, asked before the key is dropped.
create index notice_channels_by_key on notice_channels (key_id) where key_id is not null;
create index notice_channels_with_previous on notice_channels (previous_secret_until)
  where previous_secret_until is not null;
select keyrail_tenant_table('notice_channels');

-- One message to one receiver; its id is the same at every attempt.
create table deliveries (
  id text collate "C" primary key,
  workspace_id text collate "C" not null references workspaces (id) on delete cascade,
  channel_id text collate "C" not null references notice_channels on delete cascade,
  -- Null: a test.
  notice_id text collate "C" references notices on delete cascade,
  -- E-mail: the address.
  recipient text,
  state text collate "C" not null check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- While an attempt is made: when another process may make the next.
  next_attempt_at timestamptz,
  last_answer text,
  created_at timestamptz not null,
  -- By the database's clock: what was to be sent before an operator said which instance this is may have been sent elsewhere.
  queued_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  check ((state = 'pending') = (settled_at is null)),
  check ((state = 'pending') = (next_attempt_at is not null))
);
-- The next of each channel, without reading what else waits there.
create index deliveries_waiting on deliveries (channel_id, next_attempt_at, id) where state = 'pending';
create index deliveries_newest on deliveries (workspace_id, id desc);
create index deliveries_of_channel on deliveries (channel_id, id desc);
create index deliveries_by_state on deliveries (workspace_id, state, id desc);
create index deliveries_of_notice on deliveries (notice_id) where notice_id is not null;
create index deliveries_by_age on deliveries (settled_at) where settled_at is not null;
select keyrail_tenant_table('deliveries');
