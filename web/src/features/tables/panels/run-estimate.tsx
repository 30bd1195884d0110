import type { RunEstimate } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { duration, number } from '../../../lib/format.ts';
import { Fact } from '../../../ui/fact.tsx';
import { Notice } from '../../../ui/notice.tsx';
import styles from './panels.module.css';

/** What a run will do, what it may cost, and what is in its way. `slug`: whose action it is. */
export function Estimate({ estimate, slug }: { estimate: RunEstimate; slug: string | undefined }) {
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
