-- One execution of an action column over a set of rows; what it still has to do is in action_cells, so any process can go on with it.
create table runs (
  id text collate "C" primary key,
  workspace_id text collate "C" not null,
  table_id text collate "C" not null,
  column_id text collate "C" not null,
  state text collate "C" not null default 'queued' check (state in (
    'queued', 'running', 'paused', 'waiting', 'done', 'cancelled', 'failed'
  )),
  -- With state `waiting`: what for.
  waiting_for text collate "C" check (waiting_for in ('connection', 'credits')),
  message text,
  -- With state `waiting`: when to try again by itself; and how often that has failed in a row.
  wake_at timestamptz,
  waits integer not null default 0,
  scope text collate "C" not null,
  first_rows integer,
  row_ids text[] collate "C",
  max_calls integer,
  -- What the column said when the run was started; a change of the column does not change a run.
  action jsonb not null,
  -- The connection it used last; the default one may change while it runs.
  connection_id text collate "C",
  -- The only connections the token that started it may use; null: all of the workspace.
  allowed_connection_ids text[] collate "C",
  -- Null until the cells are marked `queued`.
  total integer,
  -- Whether cells of it may still be queued, running or waiting; also for a while after it was cancelled.
  unsettled boolean not null default true,
  -- How many cells of this run are in each state, kept with every change of a cell, so that nothing has to count.
  queued integer not null default 0,
  running integer not null default 0,
  done integer not null default 0,
  no_result integer not null default 0,
  skipped integer not null default 0,
  error integer not null default 0,
  waiting_for_connection integer not null default 0,
  out_of_credits integer not null default 0,
  over_budget integer not null default 0,
  unknown integer not null default 0,
  calls integer not null default 0,
  credits double precision,
  rows_per_second real not null default 0,
  -- Who works on it. Each taking over adds one to `generation`; a write that names an older one is refused.
  lease_owner text collate "C",
  lease_until timestamptz,
  generation integer not null default 0,
  created_by text collate "C",
  created_by_label text not null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 50);

create unique index runs_one_active on runs (column_id) where state in ('queued', 'running', 'paused', 'waiting');
create index runs_of_table on runs (table_id, id desc);
-- What the sweep looks at: its cost grows with the runs that are not over, not with the history. Counters and lease are in no
-- index, nor in a predicate, so that the many updates of a run's row stay on its page.
create index runs_unsettled on runs (id) where unsettled;

select keyrail_tenant_table('runs');

-- The cells of action columns. A cell never run has no row here.
create table action_cells (
  workspace_id text collate "C" not null,
  table_id text collate "C" not null,
  column_id text collate "C" not null,
  row_id text collate "C" not null,
  state text collate "C" not null check (state in (
    'queued', 'running', 'done', 'no_result', 'skipped', 'error',
    'waiting_for_connection', 'out_of_credits', 'over_budget', 'unknown', 'stale'
  )),
  -- What it was before this run took it, to go back to where the run is cancelled; null: nothing.
  prior_state text collate "C",
  -- The primary output, and all outputs by name.
  value jsonb,
  outputs jsonb,
  message text,
  -- next_step, provider_message, connection_id, request, response_status, duration_ms.
  detail jsonb,
  -- The raw answer, secrets removed, at most 64 KB.
  response_body text,
  run_id text collate "C",
  -- The row's position when the run took it: the order of work.
  position bigint not null,
  -- A job at the provider that is not over (submitted, or "ask again"): asked for again, never submitted again.
  poll jsonb,
  -- Not before this: a poll or a throttled call that waits.
  due_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (column_id, row_id)
) with (fillfactor = 80);

-- Only cells with something left to do are in here: taking the next ones costs the same in a table of a million.
create index action_cells_to_do on action_cells (run_id, state, position)
  where state in ('queued', 'running', 'waiting_for_connection', 'out_of_credits');

select keyrail_tenant_table('action_cells');
