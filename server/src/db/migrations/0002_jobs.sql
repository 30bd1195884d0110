-- Jobs are made in the transaction of the change that asks for them, by a role that may not touch the queue itself.
-- graphile-worker's own tables lie in the schema graphile_worker and are migrated by it before ours.
create function keyrail_enqueue(
  task text, payload json, run_at timestamptz, job_key text, job_key_mode text, queue_name text, max_attempts int, priority int
) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $$
  select graphile_worker.add_job(
    identifier := task, payload := payload, queue_name := queue_name, run_at := run_at, max_attempts := max_attempts,
    job_key := job_key, priority := priority, job_key_mode := job_key_mode
  );
$$;
revoke execute on function keyrail_enqueue from public;
grant execute on function keyrail_enqueue to keyrail_app;

-- The worker processes there are. Each holds the advisory lock of its row for as long as it lives: see jobs/liveness.ts.
create table keyrail_job_workers (
  pool_id text primary key,
  lock_id int not null generated always as identity,
  started_at timestamptz not null default now(),
  -- When its lock was first seen free; null while it is held.
  missing_since timestamptz
);

-- What runs again and again, and when next: see jobs/schedule.ts.
create table keyrail_periodic (
  name text collate "C" primary key,
  due_at timestamptz not null
);
