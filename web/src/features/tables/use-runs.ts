import type { Run } from '@keyrail/contract/runs';
import type { Table } from '@keyrail/contract/tables';
import type { RunCellsEvent } from '@keyrail/sdk/shapes';
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api } from '../../lib/api.ts';
import { listen, type StreamEvent } from '../../lib/event-stream.ts';
import { runQuery } from '../../lib/queries.ts';
import type { RowWindow } from './grid/row-window.ts';

/** While cells come in, the rows on screen are loaded again at most this often, for their values. */
const reloadEveryMs = 800;

/** The runs of this table that are not over, kept up to date by their event streams; the same for everybody. */
export function useRuns(table: Table, rows: RowWindow): readonly Run[] {
  const ids = table.active_run_ids;
  const runs = useQueries({ queries: ids.map((id) => ({ ...runQuery(id), staleTime: 60_000 })) });
  const client = useQueryClient();
  const reload = usePaced(() => rows.reload(), reloadEveryMs);
  const key = ids.join(' ');
  const heard = useHeardOf(key, (id) => {
    rows.reload();
    void client.invalidateQueries({ queryKey: ['run', id] });
  });

  useEffect(() => {
    const stop = new AbortController();
    for (const id of key === '' ? [] : key.split(' ')) {
      let isFirst = true;
      const onEvent = (event: StreamEvent): boolean => {
        if (event.name === 'cells') {
          applyCells(rows, event.data as RunCellsEvent);
          reload();
          return true;
        }
        if (event.name !== 'progress' && event.name !== 'end') return true;
        // What came about between the load of the rows and this is told by nobody.
        if (isFirst) reload();
        isFirst = false;
        client.setQueryData(['run', id], event.data as Run);
        if (event.name === 'progress') return true;
        heard.add(id);
        rows.reload();
        void client.invalidateQueries({ queryKey: ['table', table.id] });
        void client.invalidateQueries({ queryKey: ['runs'] });
        void client.invalidateQueries({ queryKey: ['connections'] });
        return false;
      };
      const onOpen = () => {
        isFirst = true;
      };
      void listen(api.runs.eventsPath(id), onEvent, onOpen, stop.signal);
    }
    return () => stop.abort();
  }, [key, client, rows, reload, heard, table.id]);

  return runs.flatMap((run) => run.data ?? []);
}

/**
 * Whose end was told by their stream. The table may know sooner that a run is over, and then its stream is not listened to any
 * more: `missed` is called for it, so that what its last rows came to is not left out.
 */
function useHeardOf(key: string, missed: (id: string) => void): Set<string> {
  const before = useRef<readonly string[]>([]);
  const heard = useRef(new Set<string>()).current;
  const latest = useRef(missed);
  latest.current = missed;
  useEffect(() => {
    const now = key === '' ? [] : key.split(' ');
    for (const id of before.current) {
      if (!now.includes(id) && !heard.delete(id)) latest.current(id);
    }
    before.current = now;
  }, [key, heard]);
  return heard;
}

function applyCells(rows: RowWindow, { column_id, cells }: RunCellsEvent): void {
  for (const cell of cells) {
    // A finished cell is shown with its value, which comes with the next load.
    if (cell.state !== 'done') rows.setState(cell.row_id, column_id, cell.state, cell.message);
  }
}

/** Acts at most once per interval, and once more after the last call. */
function usePaced(act: () => void, intervalMs: number): () => void {
  const latest = useRef(act);
  latest.current = act;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useRef(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, intervalMs);
  }).current;
}
