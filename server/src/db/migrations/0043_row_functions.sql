-- Walking and changing rows in ways that do not depend on statistics: right after an import there are none, and the planner would sort a million rows for each page.

-- The next rows after a position, by the index that keeps them in order.
create function keyrail_rows_after(in_workspace text, in_table text, after bigint, most integer)
  returns setof table_rows
  language sql stable
  set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
  as $$
  select * from table_rows
  where workspace_id = in_workspace and table_id = in_table and position > after
  order by position limit most
$$;

-- The position of the row that so many others stand before; null where there are not so many.
create function keyrail_position_at(in_workspace text, in_table text, skipped bigint)
  returns bigint
  language sql stable
  set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
  as $$
  select position from table_rows
  where workspace_id = in_workspace and table_id = in_table
  order by position offset skipped limit 1
$$;

-- Writes [{id, set, unset}, …], values by column key, one row after the other in the order given (by id, so that two
-- writers do not wait for each other in a circle). Answers which of the watched keys have another value now, by row.
create function keyrail_merge_values(in_workspace text, in_table text, writes jsonb, watched text[])
  returns table (row_id text, changed text[])
  language plpgsql
  set enable_bitmapscan = off set enable_seqscan = off
  as $$
declare
  wanted record;
  before jsonb;
  after jsonb;
begin
  for wanted in select * from jsonb_to_recordset(writes) as w (id text, set jsonb, unset text[]) loop
    select r.values into before from table_rows r
      where r.workspace_id = in_workspace and r.table_id = in_table and r.id = wanted.id
      for no key update;
    continue when not found;
    after := (before || wanted.set) - wanted.unset;
    continue when after = before;
    update table_rows r set values = after, updated_at = now()
      where r.workspace_id = in_workspace and r.table_id = in_table and r.id = wanted.id;
    changed := array(select key from unnest(watched) as key where before -> key is distinct from after -> key);
    if changed <> '{}' then
      row_id := wanted.id;
      return next;
    end if;
  end loop;
end
$$;
