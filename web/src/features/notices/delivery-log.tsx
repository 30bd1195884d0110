import type { Delivery } from '@keyrail/contract/notices';
import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { count } from '../../lib/format.ts';
import { deliveriesQuery } from '../../lib/notice-queries.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { Ago } from '../../ui/ago.tsx';
import list from '../../ui/list.module.css';
import { Failed } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Status } from '../../ui/status.tsx';
import { deliveryWords } from './notice-words.ts';
import styles from './notifications.module.css';
import type { Target } from './target.ts';
import { useTargetsChanged } from './use-targets-changed.ts';

const states = ['pending', 'delivered', 'failed'] as const;

/** What was sent where, and what came of it. */
export function DeliveryLog({ targets }: { targets: readonly Target[] }) {
  const [state, setState] = useState<Delivery['state']>();
  const [channel, setChannel] = useState('');
  const deliveries = useInfiniteQuery(
    deliveriesQuery({ ...(state !== undefined && { state }), ...(channel !== '' && { channel }) }),
  );
  const all = deliveries.data?.pages.flatMap((page) => page.data) ?? [];
  const isFiltered = state !== undefined || channel !== '';
  return (
    <Section
      title="What was sent"
      about="A message that does not arrive is tried again for a day, then given up."
      actions={
        (all.length > 0 || isFiltered) && (
          <>
            <NativeSelect
              size="xs"
              aria-label="Sent where"
              value={channel}
              onChange={(event) => setChannel(event.currentTarget.value)}
              data={[
                { value: '', label: 'Everywhere' },
                ...targets.map(({ id, name }) => ({ value: id, label: name })),
              ]}
            />
            <NativeSelect
              size="xs"
              aria-label="What came of it"
              value={state ?? ''}
              onChange={(event) => setState(states.find((one) => one === event.currentTarget.value))}
              data={[
                { value: '', label: 'All' },
                ...states.map((one) => ({ value: one, label: deliveryWords[one].words })),
              ]}
            />
          </>
        )
      }
    >
      {deliveries.isPending && <SkeletonRows rows={3} height={56} />}
      {deliveries.isLoadingError && (
        <Failed error={deliveries.error} retry={() => void deliveries.refetch()} />
      )}
      {deliveries.isSuccess && all.length === 0 && (
        <p className="k-2">{isFiltered ? 'Nothing of that kind.' : 'Nothing yet.'}</p>
      )}
      {all.length > 0 && (
        <ul className={`${list.box} ${styles.list}`}>
          {all.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
      {deliveries.hasNextPage && (
        <div className={styles.more}>
          <Button
            variant="default"
            onClick={() => void deliveries.fetchNextPage()}
            loading={deliveries.isFetchingNextPage}
          >
            Show earlier
          </Button>
        </div>
      )}
    </Section>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const { state, title, channel_name: channel, recipient, last_answer: answer, attempts } = delivery;
  const said = deliveryWords[state];
  const isBeingRetried = state === 'pending' && attempts > 0;
  return (
    <li className={`${list.row} ${styles.delivery}`}>
      <Status tone={isBeingRetried ? 'amber' : said.tone}>
        {isBeingRetried ? 'Tried again' : said.words}
      </Status>
      <span className={styles.words}>
        <span>{title}</span>
        <span className={styles.quiet}>{recipient === null ? channel : `${recipient} · ${channel}`}</span>
      </span>
      <span className={styles.quiet}>
        {answer !== null && <span className={styles.answer}>{answer}</span>}
        <span>
          {attempts > 1 && `${count(attempts, 'attempt')} · `}
          <Ago at={delivery.settled_at ?? delivery.created_at} />
        </span>
        {isBeingRetried && delivery.next_attempt_at !== null && (
          <span>
            {' '}
            · again <Ago at={delivery.next_attempt_at} />
          </span>
        )}
      </span>
      <Resend delivery={delivery} />
    </li>
  );
}

function Resend({ delivery }: { delivery: Delivery }) {
  const [isBusy, setBusy] = useState(false);
  const changed = useTargetsChanged();
  if (delivery.state === 'pending') return <span />;
  const act = async () => {
    setBusy(true);
    try {
      await api.deliveries.resend(delivery.id);
      toastDone('It is sent once more.');
    } catch (error) {
      toastError(error, 'Not sent');
    } finally {
      changed();
      setBusy(false);
    }
  };
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={act}
      loading={isBusy}
      aria-label={`Send again: ${delivery.title}`}
    >
      Send again
    </Button>
  );
}
