-- The role every request works under, and the one way a table becomes a tenant's.
-- A superuser and a table's owner pass row-level security unnoticed, so requests run as keyrail_app, which owns nothing.
do $$
begin
  if not exists (select from pg_roles where rolname = 'keyrail_app') then
    create role keyrail_app nologin;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of the same server made it at this very moment
end
$$;

do $$
begin
  execute format('grant keyrail_app to %I', current_user);
  execute format('grant usage on schema %I to keyrail_app', current_schema());
end
$$;

-- The workspace of the running transaction; null outside one, which matches no row.
create function keyrail_workspace_id() returns text
  language sql stable parallel safe
  return current_setting('keyrail.workspace_id', true);

-- Puts a table behind row-level security by its workspace_id and lets keyrail_app work in it.
create function keyrail_tenant_table(name regclass) returns void
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format(
    'create policy tenant on %s to keyrail_app using (workspace_id = (select keyrail_workspace_id())) with check (workspace_id = (select keyrail_workspace_id()))',
    name
  );
  execute format('grant select, insert, update, delete on %s to keyrail_app', name);
end
$$;
