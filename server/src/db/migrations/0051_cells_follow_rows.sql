-- Cells and runs go with their row, column and table, in one statement each; a foreign key would look at, and lock, one row for each cell that is queued.
create function keyrail_drop_cells_of_rows() returns trigger
  language plpgsql as $$
begin
  delete from action_cells c
    using gone g, columns k
    where k.table_id = g.table_id and k.type = 'action' and c.column_id = k.id and c.row_id = g.id;
  return null;
end
$$;

create trigger table_rows_drop_cells after delete on table_rows
  referencing old table as gone
  for each statement execute function keyrail_drop_cells_of_rows();

-- Whoever deletes a table deletes its columns; a run without its column has nothing to do and stops.
create function keyrail_drop_cells_of_columns() returns trigger
  language plpgsql as $$
begin
  delete from runs r using gone g where g.type = 'action' and r.column_id = g.id;
  delete from action_cells c using gone g where g.type = 'action' and c.column_id = g.id;
  return null;
end
$$;

create trigger columns_drop_cells after delete on columns
  referencing old table as gone
  for each statement execute function keyrail_drop_cells_of_columns();
