import type { Table } from '@keyrail/contract/tables';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { hasCode } from '../../lib/failure.ts';
import { tableQuery } from '../../lib/queries.ts';
import { toastError } from '../../lib/toast.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RowWindow } from './grid/row-window.ts';
import styles from './table-page.module.css';
import { TableView } from './table-view.tsx';

const route = getRouteApi('/app/tables/$tableId');

/** What other people change, such as a run they started, is seen after this long at the latest. */
const lookAgainMs = 4_000;

export function TablePage() {
  const { tableId } = route.useParams();
  const table = useQuery({ ...tableQuery(tableId), refetchInterval: lookAgainMs });
  useCrumbs([{ label: 'Tables', to: '/tables' }, { label: table.data?.name ?? '…' }]);
  if (table.isError && (table.data === undefined || hasCode(table.error, 'not_found'))) {
    const isGone = hasCode(table.error, 'not_found');
    return (
      <Page title="Tables">
        <Failed
          error={table.error}
          what={
            isGone
              ? 'This table does not exist any more, or you may not see it.'
              : 'The table could not be loaded.'
          }
          retry={() => void table.refetch()}
        />
      </Page>
    );
  }
  if (table.data === undefined) return <TableSkeleton />;
  return <LoadedTable key={tableId} table={table.data} />;
}

function LoadedTable({ table }: { table: Table }) {
  const client = useQueryClient();
  const [failure, setFailure] = useState<unknown>(null);
  const [rows] = useState(
    () =>
      new RowWindow(async (offset, limit, signal) => {
        const page = await api.rows.list(table.id, { offset, limit }, signal);
        setFailure(null);
        return page.data;
      }, setFailure),
  );
  useEffect(() => () => rows.close(), [rows]);
  // Somebody added, deleted or changed rows or columns.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for what is loaded
  useEffect(() => rows.reload(), [rows, table.row_count, table.version]);

  return (
    <TableView
      table={table}
      rows={rows}
      failure={failure}
      onChanged={() => {
        rows.reload();
        void client.invalidateQueries({ queryKey: ['table', table.id] }).catch(toastError);
        void client.invalidateQueries({ queryKey: ['tables'] });
      }}
    />
  );
}

function TableSkeleton() {
  return (
    <div className={styles.page} role="status" aria-label="Loading the table">
      <div className={styles.toolbar}>
        <Skeleton width={80} />
      </div>
      <div className={styles.loading} />
    </div>
  );
}
