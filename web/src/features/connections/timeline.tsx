import { useQuery } from '@tanstack/react-query';
import { eventsQuery } from '../../lib/queries.ts';
import { Ago } from '../../ui/ago.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './connection-drawer.module.css';

/** What happened to a connection, newest first, and who did it. */
export function Timeline({ connectionId }: { connectionId: string }) {
  const events = useQuery(eventsQuery(connectionId));
  if (events.isPending) return <Skeleton width="80%" />;
  if (events.isError) return <Failed error={events.error} retry={() => void events.refetch()} />;
  return (
    <ol className={styles.timeline}>
      {events.data.data.map((event) => (
        <li key={event.id}>
          <span className={styles.what}>
            {event.message}
            {event.actor !== null && <span className="k-2"> · {event.actor}</span>}
          </span>
          <span className={styles.when}>
            <Ago at={event.at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
