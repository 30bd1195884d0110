import type { SetupCheck, SetupFinding } from '@keyrail/contract/setup-check';
import { Button, Loader } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { count } from '../../lib/format.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import type { Tone } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './setup-check.module.css';
import { FindingRow } from './setup-finding.tsx';

/** "Check my setup": what signing in and links depend on, as the server and this very browser see it. */
export function SetupCheckPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Check my setup' }]);
  const mayLook = useMay('admin');
  return (
    <Page
      title="Check my setup"
      about="Whether sign-ins find their way back to this server under the address it believes it has, and whether what it keeps can be read and is backed up."
    >
      {mayLook ? <Check /> : <NotAllowed />}
    </Page>
  );
}

function NotAllowed() {
  const contact = useHelpContact();
  return (
    <Notice tone="grey" title="Checking the setup is for owners and admins.">
      <p>Does signing in at a tool not work? Ask {contact}.</p>
    </Notice>
  );
}

function Check() {
  const check = useQuery({
    queryKey: ['setup-check'],
    queryFn: () =>
      api.setupCheck.run({ browser_origin: location.origin, browser_time: new Date().toISOString() }),
    // Made anew on each visit and on demand, and not behind the back of whoever reads it.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
  const again = () => void check.refetch();
  if (check.data === undefined && check.isError) return <Failed error={check.error} retry={again} />;
  if (check.data === undefined) return <SkeletonRows rows={6} height={64} />;
  const { findings } = check.data;
  return (
    <>
      {check.isError && <Failed error={check.error} what="It could not be checked again." retry={again} />}
      <div className={styles.summary}>
        <Summary check={check.data} />
        <Button
          variant="default"
          leftSection={check.isFetching ? <Loader size={14} /> : <IconRefresh size={14} />}
          onClick={() => !check.isFetching && again()}
          aria-disabled={check.isFetching}
        >
          {check.isFetching ? 'Checking…' : 'Check again'}
        </Button>
      </div>
      <ul className={styles.findings} aria-busy={check.isFetching}>
        {[...findings].sort(worstFirst).map((finding) => (
          <FindingRow key={finding.id} finding={finding} />
        ))}
      </ul>
    </>
  );
}

const order: SetupFinding['state'][] = ['problem', 'warning', 'unknown', 'ok'];
const worstFirst = (one: SetupFinding, other: SetupFinding): number =>
  order.indexOf(one.state) - order.indexOf(other.state);

/** "One thing has to change, one may be wrong." */
function Summary({ check }: { check: SetupCheck }) {
  const of = (state: SetupFinding['state']) => check.findings.filter((one) => one.state === state).length;
  const problems = of('problem');
  const doubts = of('warning');
  const open = of('unknown');
  const tone: Tone = problems > 0 ? 'red' : doubts > 0 ? 'amber' : open > 0 ? 'grey' : 'green';
  const said = [
    problems > 0 && count(problems, 'thing has to change', 'things have to change'),
    doubts > 0 && count(doubts, 'thing to look at', 'things to look at'),
    open > 0 && `${count(open, 'thing')} could not be checked`,
  ].filter((one) => one !== false);
  return (
    <div className={styles.outcome} role="status">
      <Notice tone={tone} title={said.length === 0 ? 'All is as it should be.' : `${said.join(', ')}.`}>
        <p>
          Checked <Ago at={check.checked_at} />. This server says of itself that it is at{' '}
          <span className="k-mono">{check.public_url}</span>.
        </p>
      </Notice>
    </div>
  );
}
