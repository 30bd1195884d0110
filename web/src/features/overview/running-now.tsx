import type { Run } from '@keyrail/contract/runs';
import { Link } from '@tanstack/react-router';
import { number } from '../../lib/format.ts';
import { Bar } from '../../ui/bar.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import styles from './overview.module.css';

export function RunningNow({ runs }: { runs: Run[] }) {
  const moving = runs.filter((run) => run.state === 'running' || run.state === 'queued');
  if (moving.length === 0) return null;
  return (
    <Section title="Running now">
      <div className={list.box}>
        {moving.map((run) => {
          const finished = Math.max(0, run.total - run.counts.queued - run.counts.running);
          return (
            <Link
              key={run.id}
              to="/tables/$tableId"
              params={{ tableId: run.table_id }}
              className={`${list.row} ${styles.run}`}
            >
              <span className={`${list.name} k-clip`}>{run.column_name}</span>
              <Bar
                label={`${run.column_name}: rows done`}
                total={Math.max(1, run.total)}
                parts={[
                  { key: 'finished', value: finished, tone: 'accent', words: `${number(finished)} done` },
                ]}
              />
              <span className={`${list.quiet} k-num`} style={{ textAlign: 'right' }}>
                {run.total === 0 ? '0' : Math.floor((finished / run.total) * 100)} %
              </span>
            </Link>
          );
        })}
      </div>
    </Section>
  );
}
