-- One rate budget per connection for all processes, and counts of the calls made.
create table rate_budgets (
  -- A connection's id, or what else the integration counts by (account, address).
  key text collate "C" primary key,
  -- Per window `[[slot, calls], …]`: a slot is a twentieth of the window, numbered from the epoch.
  slots jsonb not null default '{}',
  -- The third party said to wait: nobody calls before.
  paused_until timestamptz,
  touched_at timestamptz not null default now()
);

create index rate_budgets_by_touch on rate_budgets (touched_at);

-- Takes up to `want` calls out of every window at once and says how many were left, or how long to wait.
-- `windows`: [{"id", "calls", "ms"}]. `hold_ms`: a call taken now may be made this much later, so that every window
-- counts as that much longer. `unused`: calls taken before and not made; they leave the oldest slots, which can
-- only count too much. The clock is the database's: processes may disagree about the time.
create function keyrail_take_calls(budget_key text, windows jsonb, want integer, unused integer, hold_ms integer)
  returns table (granted integer, wait_ms integer)
  language plpgsql volatile as $$
declare
  budget rate_budgets;
  now_ms bigint;
  part jsonb;
  slot jsonb;
  slot_ms bigint;
  window_ms bigint;
  kept jsonb;
  used integer;
  made integer;
  back integer;
  frees_at bigint;
  next_slots jsonb := '{}';
begin
  insert into rate_budgets (key) values (budget_key) on conflict (key) do nothing;
  select * into budget from rate_budgets where key = budget_key for update;
  now_ms := floor(extract(epoch from clock_timestamp()) * 1000);
  granted := want;
  wait_ms := 0;
  if budget.paused_until is not null and extract(epoch from budget.paused_until) * 1000 > now_ms then
    granted := 0;
    wait_ms := ceil(extract(epoch from budget.paused_until) * 1000 - now_ms);
  end if;
  for part in select * from jsonb_array_elements(windows) loop
    window_ms := (part->>'ms')::bigint;
    slot_ms := greatest(window_ms / 20, 10);
    kept := '[]';
    used := 0;
    back := unused;
    frees_at := null;
    for slot in select * from jsonb_array_elements(coalesce(budget.slots->(part->>'id'), '[]')) loop
      continue when ((slot->>0)::bigint + 1) * slot_ms + hold_ms <= now_ms - window_ms;
      made := greatest((slot->>1)::integer - back, 0);
      back := greatest(back - (slot->>1)::integer, 0);
      continue when made = 0;
      kept := kept || jsonb_build_array(jsonb_build_array(slot->0, made));
      used := used + made;
      frees_at := coalesce(frees_at, ((slot->>0)::bigint + 1) * slot_ms + hold_ms + window_ms);
    end loop;
    if used >= (part->>'calls')::integer then
      wait_ms := greatest(wait_ms, frees_at - now_ms, 1);
    end if;
    granted := least(granted, greatest((part->>'calls')::integer - used, 0));
    next_slots := next_slots || jsonb_build_object(part->>'id', kept);
  end loop;
  if granted > 0 then
    for part in select * from jsonb_array_elements(windows) loop
      slot_ms := greatest((part->>'ms')::bigint / 20, 10);
      kept := next_slots->(part->>'id');
      if (kept->-1->>0)::bigint = now_ms / slot_ms then
        kept := jsonb_set(kept, '{-1,1}', to_jsonb((kept->-1->>1)::integer + granted));
      else
        kept := kept || jsonb_build_array(jsonb_build_array(now_ms / slot_ms, granted));
      end if;
      next_slots := next_slots || jsonb_build_object(part->>'id', kept);
    end loop;
  end if;
  update rate_budgets set slots = budget.slots || next_slots, touched_at = clock_timestamp() where key = budget_key;
  return next;
end
$$;

-- Calls per connection, kept by the minute for some days and by the hour for long. No address, no query, no answer.
create table call_usage (
  workspace_id text collate "C" not null,
  connection_id text collate "C" not null,
  bucket text collate "C" not null check (bucket in ('minute', 'hour')),
  starts_at timestamptz not null,
  consumer text collate "C" not null,
  -- 2xx, 3xx, 4xx, 5xx, or why there was no answer.
  status_class text collate "C" not null,
  calls bigint not null,
  latency_ms_sum bigint not null,
  latency_ms_max integer not null,
  primary key (connection_id, bucket, starts_at, consumer, status_class)
);

create index call_usage_by_age on call_usage (bucket, starts_at);

select keyrail_tenant_table('call_usage');
