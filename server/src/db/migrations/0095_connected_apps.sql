-- How many connections each app has and in which states, kept up with every change, so that the first page counts nothing.
create table connected_apps (
  workspace_id text collate "C" not null references workspaces (id) on delete cascade,
  integration text collate "C" not null,
  -- Connections by status, from best to worst: as keyrail_status_rank counts.
  by_status integer[] not null,
  connection_count integer not null,
  -- The rank of the worst status there is.
  worst smallint not null,
  primary key (workspace_id, integration)
);

-- What needs attention comes first.
create index connected_apps_worst on connected_apps (workspace_id, worst desc, integration);

select keyrail_tenant_table('connected_apps');

-- From 1, best, to 9, worst.
create function keyrail_status_rank(status text) returns smallint
  language sql immutable as $$
  select array_position(array[
    'connected', 'expiring_soon', 'limited', 'out_of_credits', 'unverified',
    'expired', 'invalid', 'revoked', 'disconnected'
  ], status)::smallint
$$;

-- One connection more (`change` 1) or fewer (-1) of that rank.
create function keyrail_count_app(workspace text, app text, status_rank integer, change integer) returns void
  language plpgsql as $$
declare
  counts integer[];
  total integer;
begin
  if change > 0 then
    insert into connected_apps (workspace_id, integration, by_status, connection_count, worst)
    values (workspace, app, array_fill(0, array[9]), 0, 1)
    on conflict (workspace_id, integration) do nothing;
  end if;
  select by_status into counts from connected_apps
  where workspace_id = workspace and integration = app for update;
  -- The workspace goes as a whole.
  if not found then
    return;
  end if;
  counts[status_rank] := counts[status_rank] + change;
  total := (select sum(n) from unnest(counts) n);
  if total = 0 then
    delete from connected_apps where workspace_id = workspace and integration = app;
    return;
  end if;
  update connected_apps
  set by_status = counts, connection_count = total,
    worst = (select max(place) from unnest(counts) with ordinality as one (n, place) where n > 0)
  where workspace_id = workspace and integration = app;
end
$$;

create function keyrail_count_connections() returns trigger
  language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.status = new.status and old.integration = new.integration then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    perform keyrail_count_app(old.workspace_id, old.integration, keyrail_status_rank(old.status), -1);
  end if;
  if tg_op <> 'DELETE' then
    perform keyrail_count_app(new.workspace_id, new.integration, keyrail_status_rank(new.status), 1);
  end if;
  return null;
end
$$;

-- At the end of the transaction: the app's row is locked last and shortly, after all connections it changes.
create constraint trigger connections_counted
  after insert or delete or update of status, integration on connections
  deferrable initially deferred
  for each row execute function keyrail_count_connections();

insert into connected_apps (workspace_id, integration, by_status, connection_count, worst)
select workspace_id, integration,
  array_agg(n order by place), sum(n), max(place) filter (where n > 0)
from (
  select apps.workspace_id, apps.integration, place, count(connections.id)::integer as n
  from (select distinct workspace_id, integration from connections) apps
  cross join generate_series(1, 9) as place
  left join connections on connections.workspace_id = apps.workspace_id
    and connections.integration = apps.integration
    and keyrail_status_rank(connections.status) = place
  group by apps.workspace_id, apps.integration, place
) counted
group by workspace_id, integration;

-- The connections of one app in order, and when one of them was used last.
create index connections_of_app on connections (workspace_id, integration, id);
create index connections_last_used on connections (workspace_id, integration, last_used_at desc nulls last);
-- A list by status reads what it shows.
create index connections_by_status on connections (workspace_id, status, id);
