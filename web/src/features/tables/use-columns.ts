import type { Column, Table } from '@keyrail/contract/tables';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { api } from '../../lib/api.ts';
import { tableQuery } from '../../lib/queries.ts';
import { toastError } from '../../lib/toast.tsx';

/** The columns in their order, with widths and moves shown before the server has them. */
export function useColumns(table: Table, onChanged: () => void) {
  const client = useQueryClient();
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({});
  const shown = useMemo(
    () =>
      [...table.columns]
        .sort((one, other) => one.position - other.position)
        .map((column) => ({ ...column, width: widths[column.id] ?? column.width })),
    [table.columns, widths],
  );

  const resize = useCallback(
    (column: Column, width: number, isFinal: boolean) => {
      setWidths((before) => ({ ...before, [column.id]: width }));
      if (!isFinal) return;
      api.columns.update(table.id, column.id, { width }).then(onChanged, (error: unknown) => {
        toastError(error, 'The width was not kept');
      });
    },
    [table.id, onChanged],
  );

  const move = useCallback(
    (column: Column, to: number) => {
      const key = tableQuery(table.id).queryKey;
      client.setQueryData(key, (now) =>
        now === undefined ? now : { ...now, columns: moved(now.columns, column.id, to) },
      );
      api.columns.update(table.id, column.id, { position: to }).then(onChanged, (error: unknown) => {
        toastError(error, 'The column was not moved');
        onChanged();
      });
    },
    [table.id, client, onChanged],
  );

  return { shown, resize, move };
}

function moved(columns: Column[], id: string, to: number): Column[] {
  const ordered = [...columns].sort((one, other) => one.position - other.position);
  const from = ordered.findIndex((column) => column.id === id);
  const [column] = ordered.splice(from, 1);
  if (column) ordered.splice(to, 0, column);
  return ordered.map((one, position) => ({ ...one, position }));
}
