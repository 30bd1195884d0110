import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { soonExpiriesQuery } from '../../lib/notice-queries.ts';
import { useSeesConnections } from '../../lib/use-role.ts';
import { ExpiryRow } from '../../ui/expiry-row.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import styles from './overview.module.css';

const shown = 5;

/** What is over, and what ends within the next three months, the nearest first. Nothing while there is none. */
export function EndingSoon() {
  const seesConnections = useSeesConnections();
  const expiries = useQuery({ ...soonExpiriesQuery, enabled: seesConnections });
  const all = expiries.data?.data ?? [];
  if (all.length === 0) return null;
  return (
    <Section title="What ends when" actions={<Link to="/settings/what-ends-when">See all</Link>}>
      <ul className={`${list.box} ${styles.ending}`}>
        {all.slice(0, shown).map((expiry) => (
          <ExpiryRow key={expiry.id} expiry={expiry} isShort />
        ))}
      </ul>
    </Section>
  );
}
