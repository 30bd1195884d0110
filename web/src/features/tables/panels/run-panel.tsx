import type { Run } from '@keyrail/contract/runs';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../../lib/api.ts';
import { count, duration, number, shortNumber } from '../../../lib/format.ts';
import { runQuery } from '../../../lib/queries.ts';
import { toastError } from '../../../lib/toast.tsx';
import { runWords } from '../../../lib/words.ts';
import { Ago } from '../../../ui/ago.tsx';
import { Bar } from '../../../ui/bar.tsx';
import { Fact } from '../../../ui/fact.tsx';
import { Failed, Notice } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { Status } from '../../../ui/status.tsx';
import { finishedOf } from '../finished.ts';
import { type DockProps, Panel } from './dock.tsx';
import styles from './panels.module.css';
import { partsOf } from './run-parts.ts';

interface Props extends DockProps {
  runId: string;
}

export const isOver = (run: Run): boolean =>
  run.state === 'done' || run.state === 'cancelled' || run.state === 'failed';

/** How a run goes, and afterwards what it came to. */
export default function RunPanel({ runId, table, mayEdit, onDock, onChanged }: Props) {
  const run = useQuery({
    ...runQuery(runId),
    // Its event stream keeps it up to date; this is for a stream that could not be opened.
    refetchInterval: (query) => (query.state.data && isOver(query.state.data) ? false : 5000),
  });
  const close = () => onDock(null);
  if (run.data === undefined) {
    return (
      <Panel title="Run" onClose={close}>
        {run.isError ? (
          <Failed error={run.error} retry={() => void run.refetch()} />
        ) : (
          <SkeletonRows rows={3} />
        )}
      </Panel>
    );
  }
  const again = () => onDock({ kind: 'start', columnId: run.data.column_id, scope: 'only_errors' });
  const column = table.columns.find((one) => one.id === run.data.column_id);
  return (
    <Panel
      title={column?.name ?? run.data.column_name}
      about={<Begun run={run.data} />}
      onClose={close}
      {...(mayEdit && { foot: <RunButtons run={run.data} onAgain={again} onChanged={onChanged} /> })}
    >
      <Progress run={run.data} slug={column?.action?.integration} />
    </Panel>
  );
}

function Begun({ run }: { run: Run }) {
  return (
    <>
      {run.created_by !== null && `${run.created_by}, `}
      <Ago at={run.started_at ?? run.created_at} />
    </>
  );
}

function Progress({ run, slug }: { run: Run; slug: string | undefined }) {
  const finished = finishedOf(run);
  const parts = partsOf(run);
  const said = runWords[run.state];
  const isMoving = run.state === 'running' || run.state === 'queued';
  return (
    <div className={styles.stack}>
      <div className={styles.big}>
        <span>
          <strong>{number(finished)}</strong> <span className="k-2">of {count(run.total, 'row')}</span>
        </span>
        <Status tone={said.tone}>{said.words}</Status>
      </div>
      <Bar label={`${run.column_name}: rows by state`} parts={parts} total={Math.max(1, run.total)} />
      {run.message !== null && !isMoving && (
        <Notice
          tone={run.state === 'failed' ? 'red' : 'amber'}
          live
          title={run.message}
          action={
            run.state === 'waiting' &&
            slug !== undefined && (
              <Button
                variant="default"
                renderRoot={(props) => <Link to="/settings/connections/$slug" params={{ slug }} {...props} />}
              >
                Open
              </Button>
            )
          }
        />
      )}
      <ul className={styles.legend}>
        {parts.map((part) => (
          <li key={part.key}>
            <span className={styles.dot} data-tone={part.tone} aria-hidden />
            <span>{part.words}</span>
            <span>{number(part.value)}</span>
          </li>
        ))}
      </ul>
      <dl className={`${styles.facts} ${styles.part}`}>
        {isMoving && (
          <>
            <Fact name="Rate">
              {run.rows_per_second > 0 ? `${shortNumber(run.rows_per_second)} rows/s` : '–'}
            </Fact>
            <Fact name="Time left">
              {run.remaining_seconds === null ? '–' : duration(run.remaining_seconds)}
            </Fact>
          </>
        )}
        <Fact name="Calls">
          {number(run.calls)}
          {run.max_calls !== null && ` of at most ${number(run.max_calls)}`}
        </Fact>
        {run.credits !== null && <Fact name="Credits">{number(run.credits)}</Fact>}
        {isOver(run) && run.started_at !== null && run.finished_at !== null && (
          <Fact name="Took">
            {duration((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)}
          </Fact>
        )}
      </dl>
    </div>
  );
}

interface ButtonsProps {
  run: Run;
  onAgain: () => void;
  onChanged: () => void;
}

function RunButtons({ run, onAgain, onChanged }: ButtonsProps) {
  const [isBusy, setBusy] = useState<'pause' | 'resume' | 'cancel' | null>(null);
  const act = (deed: 'pause' | 'resume' | 'cancel') => async () => {
    setBusy(deed);
    try {
      await api.runs[deed](run.id);
      onChanged();
    } catch (error) {
      toastError(error, 'Nothing changed');
    } finally {
      setBusy(null);
    }
  };
  const failed = run.counts.error + run.counts.unknown;
  if (isOver(run)) {
    if (failed === 0) return <span className="k-2">{runWords[run.state].words}</span>;
    return <Button onClick={onAgain}>{`Run the ${count(failed, 'error')} again`}</Button>;
  }
  const isPaused = run.state === 'paused' || run.state === 'waiting';
  return (
    <>
      <Button variant="default" onClick={act('cancel')} loading={isBusy === 'cancel'}>
        Cancel
      </Button>
      {isPaused ? (
        <Button onClick={act('resume')} loading={isBusy === 'resume'}>
          Resume
        </Button>
      ) : (
        <Button variant="default" onClick={act('pause')} loading={isBusy === 'pause'}>
          Pause
        </Button>
      )}
    </>
  );
}
