import type { ExpiryKind } from '@keyrail/contract/expiries';
import { NativeSelect, SegmentedControl } from '@mantine/core';
import { IconCalendarDue } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { recall, remember } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { expiryKinds, expiryPlurals } from '../../lib/expiry-words.ts';
import { expiryPagesQuery } from '../../lib/notice-queries.ts';
import { useNarrow } from '../../lib/use-narrow.ts';
import { Empty } from '../../ui/empty.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './expiries.module.css';
import { ExpiryList } from './expiry-list.tsx';
import { MonthView } from './month-view.tsx';

type View = 'list' | 'calendar';
const viewKey = 'keyrail-expiries-view';

/** What ends when: certificates, keys, client secrets, sign-ins, and the dates people set, as a list or by months. */
export function ExpiriesPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'What ends when' }]);
  const [kind, setKind] = useState<ExpiryKind>();
  const [chosen, setChosen] = useState<View>(() => (recall(viewKey) === 'calendar' ? 'calendar' : 'list'));
  const isNarrow = useNarrow();
  const view = isNarrow ? 'list' : chosen;
  const expiries = useInfiniteQuery(expiryPagesQuery(kind));
  const all = expiries.data?.pages.flatMap((page) => page.data) ?? [];
  const isNothing = expiries.isSuccess && all.length === 0;
  const choose = (next: string) => {
    remember(viewKey, next);
    setChosen(next as View);
  };

  return (
    <Page
      title="What ends when"
      about="Certificates, keys, client secrets and sign-ins that end, and the dates you set for replacing them. You are told 30, 7 and 1 days ahead."
    >
      {!(isNothing && kind === undefined) && (
        <div className={styles.bar}>
          {!isNarrow && (
            <SegmentedControl
              size="xs"
              aria-label="Show as"
              value={view}
              onChange={choose}
              data={[
                { value: 'list', label: 'List' },
                { value: 'calendar', label: 'Calendar' },
              ]}
            />
          )}
          <KindFilter kind={kind} onKind={setKind} />
        </div>
      )}
      {expiries.isPending && <SkeletonRows rows={5} height={64} />}
      {expiries.isLoadingError && <Failed error={expiries.error} retry={() => void expiries.refetch()} />}
      {expiries.isSuccess && isNothing && <Nothing kind={kind} />}
      {expiries.isSuccess && !isNothing && view === 'list' && (
        <ExpiryList
          expiries={all}
          onMore={expiries.hasNextPage ? () => void expiries.fetchNextPage() : undefined}
          isLoadingMore={expiries.isFetchingNextPage}
        />
      )}
      {expiries.isSuccess && !isNothing && view === 'calendar' && <MonthView kind={kind} soonest={all} />}
    </Page>
  );
}

interface FilterProps {
  kind: ExpiryKind | undefined;
  onKind: (kind: ExpiryKind | undefined) => void;
}

function KindFilter({ kind, onKind }: FilterProps) {
  return (
    <NativeSelect
      size="xs"
      aria-label="What to show"
      value={kind ?? ''}
      onChange={(event) => onKind(expiryKinds.find((one) => one === event.currentTarget.value))}
      data={[
        { value: '', label: 'Everything that ends' },
        ...expiryKinds.map((one) => ({ value: one, label: expiryPlurals[one] })),
      ]}
    />
  );
}

function Nothing({ kind }: { kind: ExpiryKind | undefined }) {
  if (kind !== undefined) {
    return (
      <Empty
        icon={<IconCalendarDue size={20} />}
        title={`No ${expiryPlurals[kind].toLowerCase()} with a date`}
      >
        Something else may end: show everything.
      </Empty>
    );
  }
  return (
    <Empty icon={<IconCalendarDue size={20} />} title="Nothing ends, as far as Keyrail knows">
      Certificates, some key files and some sign-ins say themselves when they end; those stand here by
      themselves. Of any other key you can enter the date: open its connection, Edit, Dates.
    </Empty>
  );
}
