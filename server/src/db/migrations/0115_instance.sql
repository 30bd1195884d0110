-- Which instance this database is, and where it ran when somebody last said so: a copy is told from its original by it, and must not renew the original's tokens.
create table instance (
  is_only_row boolean primary key default true check (is_only_row),
  id text collate "C" not null,
  -- As keyrail_place() says it; of the embedded database also the folder.
  place jsonb not null,
  created_at timestamptz not null default now(),
  -- When an operator last said which it is.
  decided_at timestamptz not null default now()
);

-- What a dump and its restore, or a database made from another one, change without any help. Asked at every start, and not
-- every user may read the first: then the rest must do.
create function keyrail_place() returns jsonb
  language plpgsql stable as $$
declare
  cluster text;
begin
  begin
    select system_identifier::text into cluster from pg_control_system();
  exception when insufficient_privilege or undefined_function or feature_not_supported then
    cluster := null;
  end;
  return jsonb_build_object(
    'cluster', cluster,
    'database', (select oid::text from pg_database where datname = current_database())
  );
end
$$;
