import type { Run } from '@keyrail/contract/runs';
import type { Column, Table } from '@keyrail/contract/tables';
import { Button, Loader, Menu } from '@mantine/core';
import {
  IconBolt,
  IconChevronDown,
  IconDownload,
  IconFileImport,
  IconPlayerPlay,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import { api, requestHeaders } from '../../lib/api.ts';
import { count } from '../../lib/format.ts';
import { toastDone } from '../../lib/toast.tsx';
import { runWords } from '../../lib/words.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { finishedOf } from './finished.ts';
import type { RowWindow } from './grid/row-window.ts';
import styles from './table-page.module.css';
import { TypeIcon } from './type-icon.tsx';
import type { Checked } from './use-checked.ts';

interface Props {
  table: Table;
  rows: RowWindow;
  runs: readonly Run[];
  checked: Checked;
  mayEdit: boolean;
  onImport: () => void;
  onAddAction: () => void;
  onRun: (column: Column, rowIds?: string[]) => void;
  onShowRun: (runId: string) => void;
  onChanged: () => void;
}

export function Toolbar(props: Props) {
  const { table, runs, checked, mayEdit } = props;
  const actions = table.columns.filter((column) => column.type === 'action');
  return (
    <div className={styles.toolbar}>
      {checked.rows.size === 0 ? (
        <span className={styles.count}>{count(table.row_count, 'row')}</span>
      ) : (
        <ChosenRows {...props} actions={actions} />
      )}
      <span className={styles.spring} />
      {runs.map((run) => (
        <RunChip key={run.id} run={run} onClick={() => props.onShowRun(run.id)} />
      ))}
      <Button
        variant="default"
        leftSection={<IconDownload size={14} />}
        component="a"
        href={exportAddress(table)}
        download
      >
        Export CSV
      </Button>
      {mayEdit && (
        <>
          <Button variant="default" leftSection={<IconFileImport size={14} />} onClick={props.onImport}>
            Import CSV
          </Button>
          <Button
            {...(actions.length > 0 ? { variant: 'default' } : { className: styles.first })}
            leftSection={<IconBolt size={14} />}
            onClick={props.onAddAction}
          >
            Add action
          </Button>
          {actions.length > 0 && <RunButton actions={actions} onRun={props.onRun} />}
        </>
      )}
    </div>
  );
}

/** A link, so that the browser streams it to disk; it sends the session by cookie and the workspace in the query. */
function exportAddress(table: Table): string {
  const workspace = requestHeaders()['keyrail-workspace'];
  const query = workspace === undefined ? '' : `?workspace=${encodeURIComponent(workspace)}`;
  return `${api.tables.exportPath(table.id)}${query}`;
}

function RunButton({ actions, onRun }: { actions: Column[]; onRun: (column: Column) => void }) {
  const [only] = actions;
  if (actions.length === 1 && only) {
    return (
      <Button className={styles.first} leftSection={<IconPlayerPlay size={14} />} onClick={() => onRun(only)}>
        Run
      </Button>
    );
  }
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button leftSection={<IconPlayerPlay size={14} />} rightSection={<IconChevronDown size={14} />}>
          Run
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((column) => (
          <Menu.Item key={column.id} leftSection={<TypeIcon column={column} />} onClick={() => onRun(column)}>
            {column.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A run that goes on, whether its panel is open or not. */
function RunChip({ run, onClick }: { run: Run; onClick: () => void }) {
  const percent = run.total === 0 ? 0 : Math.floor((finishedOf(run) / run.total) * 100);
  const isMoving = run.state === 'running' || run.state === 'queued';
  return (
    <button type="button" className={styles.runChip} onClick={onClick}>
      {isMoving && <Loader size={12} />}
      {run.column_name}: {isMoving ? `${percent} %` : runWords[run.state].words}
    </button>
  );
}

function ChosenRows({ table, checked, actions, mayEdit, onRun, onChanged }: Props & { actions: Column[] }) {
  const [isAsked, setAsked] = useState(false);
  const ids = [...checked.rows.keys()];
  const remove = async () => {
    for (let at = 0; at < ids.length; at += 1000) await api.rows.remove(table.id, ids.slice(at, at + 1000));
    toastDone(`${count(ids.length, 'row')} deleted.`);
    checked.clear();
    onChanged();
  };
  return (
    <div className={styles.chosen}>
      <span className="k-num">{count(ids.length, 'row')} chosen</span>
      {mayEdit &&
        actions.map((column) => (
          <Button
            key={column.id}
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerPlay size={13} />}
            onClick={() => onRun(column, ids)}
          >
            Run {column.name}
          </Button>
        ))}
      {mayEdit && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconTrash size={13} />}
          onClick={() => setAsked(true)}
        >
          Delete
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" color="gray" onClick={checked.clear}>
        Clear
      </Button>
      <Confirm
        opened={isAsked}
        onClose={() => setAsked(false)}
        title="Delete rows"
        verb="Delete"
        onConfirm={remove}
      >
        <p>
          {count(ids.length, 'row')} of <strong>{table.name}</strong> with everything in them{' '}
          {ids.length === 1 ? 'is' : 'are'} deleted. This cannot be undone.
        </p>
      </Confirm>
    </div>
  );
}
