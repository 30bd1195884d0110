import type { CellDetail, Column } from '@keyrail/contract/tables';
import { Button } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api } from '../../../lib/api.ts';
import { number } from '../../../lib/format.ts';
import { integrationQuery } from '../../../lib/queries.ts';
import { Failed } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { CellOutcome } from './cell-outcome.tsx';
import { type DockProps, Panel } from './dock.tsx';

interface Props extends DockProps {
  rowId: string;
  columnId: string;
}

const unsettled = new Set<CellDetail['state']>(['queued', 'running']);

/** The whole of one cell: what came out, and how. */
export default function CellPanel({ table, rows, rowId, columnId, mayEdit, onDock, onRunCell }: Props) {
  const [isBusy, setBusy] = useState(false);
  const column = table.columns.find((one) => one.id === columnId);
  const slug = column?.action?.integration;
  const tool = useQuery({ ...integrationQuery(slug ?? ''), enabled: slug !== undefined });
  const action = tool.data?.actions.find((one) => one.name === column?.action?.action);
  const index = rows.indexOf(rowId);
  const shown = useSyncExternalStore(
    (listener) => rows.subscribe(index ?? 0, listener),
    () => (index === undefined ? undefined : rows.row(index)?.cells[columnId]?.state),
  );
  const cell = useQuery({
    queryKey: ['cell', table.id, rowId, columnId],
    queryFn: () => api.rows.cell(table.id, rowId, columnId),
    refetchInterval: (query) => (query.state.data && unsettled.has(query.state.data.state) ? 1000 : false),
  });
  const { refetch } = cell;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a cell that changes in the grid is asked for again
  useEffect(() => void refetch(), [shown, refetch]);

  const again = async (of: Column) => {
    setBusy(true);
    await onRunCell(rowId, of);
    await refetch();
    setBusy(false);
  };

  return (
    <Panel
      title={column?.name ?? 'Cell'}
      about={index === undefined ? undefined : `Row ${number(index + 1)}`}
      onClose={() => onDock(null)}
      {...(mayEdit &&
        column !== undefined && {
          foot: (
            <Button
              variant="default"
              leftSection={<IconPlayerPlay size={14} />}
              onClick={() => void again(column)}
              loading={isBusy}
            >
              {cell.data?.state === 'empty' ? 'Run' : 'Run again'}
            </Button>
          ),
        })}
    >
      {cell.isPending && <SkeletonRows rows={3} height={44} />}
      {cell.isError && <Failed error={cell.error} retry={() => void refetch()} />}
      {cell.data !== undefined && (
        <CellOutcome cell={cell.data} integration={column?.action?.integration ?? null} action={action} />
      )}
    </Panel>
  );
}
