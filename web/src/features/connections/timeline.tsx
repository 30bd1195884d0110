import type { ConnectionEvent } from '@keyrail/contract/connections';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { count } from '../../lib/format.ts';
import { eventsQuery } from '../../lib/queries.ts';
import type { Tone } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './connection-drawer.module.css';
import { folded } from './folded-events.ts';

/** What happened to a connection, newest first, and who did it. */
export function Timeline({ connectionId }: { connectionId: string }) {
  const events = useInfiniteQuery(eventsQuery(connectionId));
  if (events.isPending) return <Skeleton width="80%" />;
  if (events.isLoadingError) return <Failed error={events.error} retry={() => void events.refetch()} />;
  return (
    <>
      <ol className={styles.timeline}>
        {folded(events.data?.pages.flatMap((page) => page.data) ?? []).map(({ event, alike }) => (
          <li key={event.id} data-tone={toneOf[event.kind]}>
            <span className={styles.what}>
              {event.message}
              {alike > 0 && <span className="k-2"> And {count(alike, 'time', 'times')} before.</span>}
              {event.actor !== null && <span className="k-2"> · {event.actor}</span>}
            </span>
            <span className={styles.when}>
              <Ago at={event.at} />
            </span>
          </li>
        ))}
      </ol>
      {events.hasNextPage && (
        <Button
          variant="default"
          size="compact-sm"
          loading={events.isFetchingNextPage}
          onClick={() => void events.fetchNextPage()}
        >
          Show earlier
        </Button>
      )}
    </>
  );
}

/** What is worth finding at a glance; the words say it in any case. */
const toneOf: Partial<Record<ConnectionEvent['kind'], Tone>> = {
  created: 'green',
  authorized: 'green',
  reconnected: 'green',
  refresh_failed: 'amber',
  disconnected: 'red',
  address_changed: 'red',
};
