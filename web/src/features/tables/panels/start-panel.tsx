import type { RunScope } from '@keyrail/contract/runs';
import type { CreateRun } from '@keyrail/sdk/shapes';
import { Button, NumberInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { count } from '../../../lib/format.ts';
import { allSaved } from '../../../lib/unsaved.ts';
import { Failed } from '../../../ui/notice.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { ChooseRows } from './choose-rows.tsx';
import { type Docked, type DockProps, Panel } from './dock.tsx';
import styles from './panels.module.css';
import { Estimate } from './run-estimate.tsx';
import { useEstimate } from './use-estimate.ts';

interface Props extends DockProps {
  docked: Extract<Docked, { kind: 'start' }>;
}

/** Before a run: which rows, what it will do, how much at most. */
export default function StartPanel({ docked, table, checked, onDock, onChanged }: Props) {
  const column = table.columns.find((one) => one.id === docked.columnId);
  const chosen = docked.rowIds ?? [...checked.keys()];
  const [scope, setScope] = useState<RunScope>(docked.scope ?? (chosen.length > 0 ? 'selected' : 'first'));
  const [first, setFirst] = useState(10);
  const [cap, setCap] = useState<number | ''>('');

  const wanted: CreateRun = {
    scope,
    ...(scope === 'first' && { limit: first }),
    ...(scope === 'selected' && { row_ids: chosen }),
    ...(cap !== '' && { max_calls: cap }),
  };
  const { estimate, isReckoning } = useEstimate(table.id, docked.columnId, wanted);

  // A person who has run the first rows already most likely wants the rest.
  const isUntouched = useRef(true);
  const isFirstDone = scope === 'first' && estimate.data?.rows === 0 && !estimate.isPlaceholderData;
  useEffect(() => {
    if (isUntouched.current && isFirstDone && table.row_count > 0) setScope('all');
  }, [isFirstDone, table.row_count]);

  const { start, isBusy, error } = useStart({ table, docked, onDock, onChanged });
  const stops =
    estimate.data?.problem?.code === 'connection_missing' || estimate.data?.problem?.code === 'input_missing';

  return (
    <Panel
      title={`Run ${column?.name ?? ''}`}
      onClose={() => onDock(null)}
      foot={
        <>
          <Button variant="default" onClick={() => onDock(null)}>
            Cancel
          </Button>
          <Button
            leftSection={<IconPlayerPlay size={14} />}
            onClick={() => start(wanted)}
            loading={isBusy}
            disabled={stops || isReckoning || estimate.data?.rows === 0}
          >
            {runWordsOf(estimate.data?.rows)}
          </Button>
        </>
      }
    >
      <div className={styles.stack}>
        <ChooseRows
          scope={scope}
          onScope={(next) => {
            isUntouched.current = false;
            setScope(next);
          }}
          first={first}
          onFirst={setFirst}
          chosen={chosen.length}
        />
        <NumberInput
          label="At most this many calls"
          description="Rows beyond it stay as “Spending limit reached”."
          placeholder="No limit"
          value={cap}
          onChange={(value) => setCap(value === '' ? '' : Math.max(1, Number(value) || 1))}
          min={1}
          thousandSeparator=","
          size="xs"
        />
        <div className={styles.part}>
          <h3>What it will do</h3>
          {estimate.isPending && (
            <div className={styles.waiting}>
              <Skeleton width="80%" />
            </div>
          )}
          {estimate.isError && <Failed error={estimate.error} retry={() => void estimate.refetch()} />}
          {estimate.data !== undefined && (
            <Estimate estimate={estimate.data} slug={column?.action?.integration} />
          )}
        </div>
        {error !== null && <Failed error={error} what="The run was not started." />}
      </div>
    </Panel>
  );
}

/** Begins the run, and shows it in the place of this panel. */
function useStart({
  table,
  docked,
  onDock,
  onChanged,
}: Pick<Props, 'table' | 'docked' | 'onDock' | 'onChanged'>) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const client = useQueryClient();
  const start = async (wanted: CreateRun) => {
    setBusy(true);
    setError(null);
    try {
      // It runs on what is seen.
      await allSaved();
      const run = await api.runs.start(table.id, docked.columnId, wanted);
      client.setQueryData(['run', run.id], run);
      onDock({ kind: 'run', runId: run.id });
      onChanged();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  return { start, isBusy, error };
}

function runWordsOf(rows: number | undefined): string {
  if (rows === undefined) return 'Run';
  return rows === 0 ? 'Nothing to run' : `Run ${count(rows, 'row')}`;
}
