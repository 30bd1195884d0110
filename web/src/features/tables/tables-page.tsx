import type { TableSummary } from '@keyrail/contract/tables';
import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconDots, IconFileImport, IconPlus, IconTable } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { count } from '../../lib/format.ts';
import { tablesQuery } from '../../lib/queries.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { useMay } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { NamePopup } from './name-popup.tsx';
import { sampleFile } from './sample-data.ts';
import styles from './tables-page.module.css';

const ImportPopup = lazy(() => import('./import/import-popup.tsx'));

type Open = { kind: 'import'; file?: File } | { kind: 'new' } | null;

export function TablesPage() {
  useCrumbs([{ label: 'Tables' }]);
  const tables = useQuery(tablesQuery);
  const mayEdit = useMay('editor');
  const [open, setOpen] = useState<Open>(null);
  const navigate = useNavigate();
  const close = () => setOpen(null);
  const create = async (name: string) => {
    const columns = [{ name: 'Name', type: 'text' as const }];
    const table = await api.tables.create({ name, columns });
    await navigate({ to: '/tables/$tableId', params: { tableId: table.id } });
  };

  return (
    <Page
      title="Tables"
      about="Lists of people and companies, and what actions find out about them."
      actions={
        mayEdit && (
          <>
            <Button
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() => setOpen({ kind: 'new' })}
            >
              New table
            </Button>
            <Button leftSection={<IconFileImport size={14} />} onClick={() => setOpen({ kind: 'import' })}>
              Import CSV
            </Button>
          </>
        )
      }
    >
      {tables.isPending && <SkeletonRows rows={4} />}
      {tables.isError && <Failed error={tables.error} retry={() => void tables.refetch()} />}
      {tables.data?.data.length === 0 && (
        <Empty
          icon={<IconTable size={20} />}
          title="No table yet"
          actions={
            mayEdit && (
              <>
                <Button variant="default" onClick={() => setOpen({ kind: 'import' })}>
                  Import CSV
                </Button>
                <Button
                  variant="subtle"
                  color="gray"
                  onClick={() => setOpen({ kind: 'import', file: sampleFile() })}
                >
                  Use sample data
                </Button>
              </>
            )
          }
        >
          Bring a list of people or companies as a CSV file, or look around with a sample of 24 leads.
        </Empty>
      )}
      {tables.data !== undefined && tables.data.data.length > 0 && (
        <div className={list.box}>
          {tables.data.data.map((table) => (
            <TableLine key={table.id} table={table} mayEdit={mayEdit} />
          ))}
        </div>
      )}
      {open?.kind === 'import' && (
        <Suspense>
          <ImportPopup onClose={close} {...(open.file && { file: open.file })} />
        </Suspense>
      )}
      {open?.kind === 'new' && (
        <NamePopup
          title="New table"
          label="Name"
          verb="Make table"
          initial=""
          onClose={close}
          onSave={create}
        />
      )}
    </Page>
  );
}

function TableLine({ table, mayEdit }: { table: TableSummary; mayEdit: boolean }) {
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null);
  const client = useQueryClient();
  const changed = () => client.invalidateQueries({ queryKey: tablesQuery.queryKey });
  return (
    <div className={`${list.row} ${styles.line}`}>
      <IconTable size={18} aria-hidden className={styles.mark} />
      <Link
        to="/tables/$tableId"
        params={{ tableId: table.id }}
        className={`${list.name} ${styles.name} k-clip`}
      >
        {table.name}
      </Link>
      <span className={styles.size}>
        {count(table.row_count, 'row')} · {count(table.column_count, 'column')}
      </span>
      <span className={styles.when}>
        <Ago at={table.updated_at} />
      </span>
      {mayEdit && (
        <Menu position="bottom-end" width={160}>
          <Menu.Target>
            <ActionIcon aria-label={`More for ${table.name}`}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setAsked('rename')}>Rename</Menu.Item>
            <Menu.Item color="red" onClick={() => setAsked('delete')}>
              Delete
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {asked === 'rename' && (
        <NamePopup
          title="Rename table"
          label="Name"
          verb="Save"
          initial={table.name}
          onClose={() => setAsked(null)}
          onSave={async (name) => {
            await api.tables.rename(table.id, name);
            await changed();
          }}
        />
      )}
      <Confirm
        opened={asked === 'delete'}
        onClose={() => setAsked(null)}
        title="Delete table"
        verb="Delete"
        onConfirm={async () => {
          await api.tables.remove(table.id);
          toastDone(`“${table.name}” was deleted.`);
          await changed().catch(toastError);
        }}
      >
        <p>
          <strong>{table.name}</strong> with its {count(table.row_count, 'row')} and everything that was found
          for them is deleted. This cannot be undone.
        </p>
      </Confirm>
    </div>
  );
}
