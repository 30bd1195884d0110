import type { RunScope } from '@keyrail/contract/runs';
import type { CreateRun, RunEstimate } from '@keyrail/sdk/shapes';
import { Button, NumberInput, Radio, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlayerPlay } from '@tabler/icons-react';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { count, duration, number } from '../../../lib/format.ts';
import { Fact } from '../../../ui/fact.tsx';
import { Failed, Notice } from '../../../ui/notice.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { type Docked, type DockProps, Panel } from './dock.tsx';
import styles from './panels.module.css';

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
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const client = useQueryClient();

  const wanted: CreateRun = {
    scope,
    ...(scope === 'first' && { limit: first }),
    ...(scope === 'selected' && { row_ids: chosen }),
    ...(cap !== '' && { max_calls: cap }),
  };
  const [asked] = useDebouncedValue(JSON.stringify(wanted), 200);
  const estimate = useQuery({
    queryKey: ['estimate', table.id, docked.columnId, asked],
    queryFn: () => api.runs.estimate(table.id, docked.columnId, JSON.parse(asked) as CreateRun),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

  // What is shown may still be reckoned for what was chosen before: no run begins under a number that is not its own.
  const isReckoning = !estimate.isError && (estimate.isPlaceholderData || asked !== JSON.stringify(wanted));

  // A person who has run the first rows already most likely wants the rest.
  const isUntouched = useRef(true);
  const isFirstDone = scope === 'first' && estimate.data?.rows === 0 && !estimate.isPlaceholderData;
  useEffect(() => {
    if (isUntouched.current && isFirstDone && table.row_count > 0) setScope('all');
  }, [isFirstDone, table.row_count]);

  const start = async () => {
    setBusy(true);
    setError(null);
    try {
      const run = await api.runs.start(table.id, docked.columnId, wanted);
      client.setQueryData(['run', run.id], run);
      onDock({ kind: 'run', runId: run.id });
      onChanged();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
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
            onClick={start}
            loading={isBusy}
            disabled={stops || isReckoning || estimate.data?.rows === 0}
          >
            {runWordsOf(estimate.data?.rows)}
          </Button>
        </>
      }
    >
      <div className={styles.stack}>
        <Radio.Group
          label="Which rows"
          value={scope}
          onChange={(value) => {
            isUntouched.current = false;
            setScope(value as RunScope);
          }}
        >
          <Stack gap={10} mt={8}>
            <Radio size="xs" value="first" label="The first rows, where they are not done" />
            {scope === 'first' && (
              <NumberInput
                aria-label="How many rows"
                value={first}
                onChange={(value) => setFirst(Math.max(1, Number(value) || 1))}
                min={1}
                max={1_000_000}
                thousandSeparator=","
                w={120}
                ml={28}
                size="xs"
              />
            )}
            {chosen.length > 0 && (
              <Radio size="xs" value="selected" label={`The ${count(chosen.length, 'chosen row')}`} />
            )}
            <Radio size="xs" value="all" label="All rows that are not done" />
            <Radio size="xs" value="only_empty" label="Only rows never run" />
            <Radio size="xs" value="only_errors" label="Only errors" />
            <Radio size="xs" value="forced" label="Every row again, done or not" />
          </Stack>
        </Radio.Group>
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

function runWordsOf(rows: number | undefined): string {
  if (rows === undefined) return 'Run';
  return rows === 0 ? 'Nothing to run' : `Run ${count(rows, 'row')}`;
}

function Estimate({ estimate, slug }: { estimate: RunEstimate; slug: string | undefined }) {
  const wantsConnection = estimate.problem !== null && estimate.problem.code !== 'input_missing';
  return (
    <>
      <dl className={styles.facts}>
        <Fact name="Rows">{number(estimate.rows)}</Fact>
        <Fact name="Calls">{number(estimate.calls)}</Fact>
        {estimate.skipped > 0 && <Fact name="Skipped, inputs are empty">{number(estimate.skipped)}</Fact>}
        {estimate.credits !== null && <Fact name="Credits, at most">{number(estimate.credits)}</Fact>}
        {estimate.credits_left !== null && <Fact name="Left at the tool">{estimate.credits_left}</Fact>}
        {estimate.seconds_at_least !== null && (
          <Fact name="Takes at least">{duration(estimate.seconds_at_least)}</Fact>
        )}
      </dl>
      {estimate.rows === 0 && <p className="k-2 k-small">None of the rows chosen above is left to run.</p>}
      {estimate.cost_note !== null && <p className="k-2 k-small">{estimate.cost_note}</p>}
      {estimate.problem !== null && (
        <Notice
          tone="amber"
          live
          title={estimate.problem.message}
          action={
            wantsConnection &&
            slug !== undefined && (
              <Button
                variant="default"
                renderRoot={(props) => <Link to="/settings/connections/$slug" params={{ slug }} {...props} />}
              >
                Connect
              </Button>
            )
          }
        />
      )}
    </>
  );
}
