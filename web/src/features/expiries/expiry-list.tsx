import type { Expiry } from '@keyrail/contract/expiries';
import { Button } from '@mantine/core';
import { isOver, isSoon } from '../../lib/expiry-words.ts';
import { ExpiryRow } from '../../ui/expiry-row.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import styles from './expiries.module.css';

interface Props {
  expiries: readonly Expiry[];
  onMore: (() => void) | undefined;
  isLoadingMore: boolean;
}

/** What is over comes first, then what ends within 30 days, then all the rest. */
export function ExpiryList({ expiries, onMore, isLoadingMore }: Props) {
  const over = expiries.filter((one) => isOver(one));
  const soon = expiries.filter((one) => !isOver(one) && isSoon(one));
  const later = expiries.filter((one) => !isSoon(one));
  return (
    <>
      <Group title="Over" expiries={over} />
      <Group title="In the next 30 days" expiries={soon} />
      <Group title="Later" expiries={later} />
      {onMore !== undefined && (
        <div className={styles.more}>
          <Button variant="default" onClick={onMore} loading={isLoadingMore}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function Group({ title, expiries }: { title: string; expiries: readonly Expiry[] }) {
  if (expiries.length === 0) return null;
  return (
    <Section title={title}>
      <Expiries expiries={expiries} />
    </Section>
  );
}

export function Expiries({ expiries }: { expiries: readonly Expiry[] }) {
  return (
    <ul className={`${list.box} ${styles.list}`}>
      {expiries.map((expiry) => (
        <ExpiryRow key={expiry.id} expiry={expiry} />
      ))}
    </ul>
  );
}
