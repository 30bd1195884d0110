import type { AuditEntry } from '@keyrail/contract/audit';
import { Button, Select } from '@mantine/core';
import { IconFilterOff, IconHistory, IconX } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { membersQuery } from '../../lib/people-queries.ts';
import { tokensQuery } from '../../lib/queries.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './audit.module.css';
import { deedOf, detailOf, kinds } from './audit-words.ts';

const route = getRouteApi('/app/settings/audit');

/** What is looked for, as it stands in the address; `name`: what the subject is called. */
export interface AuditSearch {
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
  name?: string | undefined;
}

export function AuditPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Audit log' }]);
  const mayRead = useMay('admin');
  const contact = useHelpContact();
  return (
    <Page
      title="Audit log"
      about="Who did what in this workspace, and from where. Entries are only ever added."
    >
      {mayRead ? (
        <>
          <Filters />
          <Entries />
        </>
      ) : (
        <Notice tone="grey" title="The audit log is for owners and admins.">
          <p>Ask {contact}.</p>
        </Notice>
      )}
    </Page>
  );
}

function Filters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const members = useQuery(membersQuery);
  const tokens = useQuery(tokensQuery);
  const ask = (part: AuditSearch) => void navigate({ search: { ...search, ...part }, replace: true });
  const actors = [
    {
      group: 'Members',
      items: (members.data?.data ?? []).map((one) => ({ value: one.user_id as string, label: one.name })),
    },
    {
      group: 'API tokens',
      items: (tokens.data?.data ?? []).map((one) => ({ value: one.id as string, label: one.name })),
    },
    {
      group: 'Others',
      items: [
        { value: 'keyrail', label: 'Keyrail by itself' },
        { value: 'operator', label: 'The operator' },
      ],
    },
  ];
  return (
    <div className={styles.filters}>
      <Select
        label="Who"
        placeholder="Everybody"
        data={actors.filter(({ items }) => items.length > 0)}
        value={search.actor ?? null}
        onChange={(value) => ask({ actor: value ?? undefined })}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'Everybody' }}
        nothingFoundMessage="Nobody is called that."
      />
      <Select
        label="What"
        placeholder="Everything"
        data={kinds}
        value={search.action ?? null}
        onChange={(value) => ask({ action: value ?? undefined })}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'Everything' }}
        nothingFoundMessage="There is no such kind of thing."
      />
      {search.subject !== undefined && (
        <Button
          variant="default"
          rightSection={<IconX size={14} aria-hidden />}
          onClick={() => ask({ subject: undefined, name: undefined })}
          aria-label={`Show more than ${search.name ?? 'one thing'}`}
        >
          Only {search.name ?? 'one thing'}
        </Button>
      )}
    </div>
  );
}

function Entries() {
  const { actor, action, subject } = route.useSearch();
  const entries = useInfiniteQuery({
    queryKey: ['audit', { actor, action, subject }],
    queryFn: ({ pageParam }) => api.audit.list({ limit: 50, cursor: pageParam, actor, action, subject }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  if (entries.isPending) return <SkeletonRows rows={8} height={52} />;
  if (entries.isError) return <Failed error={entries.error} retry={() => void entries.refetch()} />;
  const all = entries.data.pages.flatMap((page) => page.data);
  if (all.length === 0) return <Nothing isFiltered={(actor ?? action ?? subject) !== undefined} />;
  return (
    <>
      <ol className={`${list.box} ${styles.entries}`}>
        {all.map((entry) => (
          <Entry key={entry.id} entry={entry} isOnly={subject !== undefined} />
        ))}
      </ol>
      {entries.hasNextPage && (
        <div className={styles.more}>
          <Button
            variant="default"
            onClick={() => void entries.fetchNextPage()}
            loading={entries.isFetchingNextPage}
          >
            Show older
          </Button>
        </div>
      )}
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const navigate = route.useNavigate();
  if (!isFiltered) {
    return (
      <Empty icon={<IconHistory size={20} />} title="Nothing has happened yet">
        Changes of connections, tables, members and tokens appear here.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<IconFilterOff size={20} />}
      title="Nothing of that kind has happened"
      actions={
        <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
          Show everything
        </Button>
      }
    />
  );
}

function Entry({ entry, isOnly }: { entry: AuditEntry; isOnly: boolean }) {
  const navigate = route.useNavigate();
  const detail = detailOf(entry);
  const { id, name } = entry.subject;
  const show = () => void navigate({ search: { subject: id, name: name ?? undefined }, replace: true });
  return (
    <li className={styles.entry}>
      <span className={styles.actor} title={entry.actor.label}>
        {entry.actor.label}
      </span>
      <span className={styles.what}>
        {deedOf(entry.action)}{' '}
        {name !== null &&
          (isOnly ? (
            <strong>{name}</strong>
          ) : (
            <button
              type="button"
              className={styles.subject}
              onClick={show}
              title={`Only what was done to ${name}`}
            >
              {name}
            </button>
          ))}
        {detail !== '' && <span className={styles.detail}>{detail}</span>}
      </span>
      <span className={styles.when}>
        <Ago at={entry.at} />
        {entry.ip !== null && <span className={styles.ip}>{entry.ip}</span>}
      </span>
    </li>
  );
}
