import type { AuditEntry } from '@keyrail/contract/audit';
import { Button } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './audit.module.css';

export function AuditPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Audit log' }]);
  const mayRead = useMay('admin');
  const contact = useHelpContact();
  return (
    <Page title="Audit log" about="Who did what in this workspace. Entries are only ever added.">
      {mayRead ? (
        <Entries />
      ) : (
        <Notice tone="grey" title="The audit log is for owners and admins.">
          <p>Ask {contact}.</p>
        </Notice>
      )}
    </Page>
  );
}

function Entries() {
  const entries = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) => api.audit.list({ limit: 50, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  if (entries.isPending) return <SkeletonRows rows={8} height={44} />;
  if (entries.isError) return <Failed error={entries.error} retry={() => void entries.refetch()} />;
  const all = entries.data.pages.flatMap((page) => page.data);
  if (all.length === 0) {
    return (
      <Empty icon={<IconHistory size={20} />} title="Nothing has happened yet">
        Changes of connections, tables, runs and tokens appear here.
      </Empty>
    );
  }
  return (
    <>
      <ol className={`${list.box} ${styles.entries}`}>
        {all.map((entry) => (
          <Entry key={entry.id} entry={entry} />
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

function Entry({ entry }: { entry: AuditEntry }) {
  const detail = detailOf(entry);
  return (
    <li className={styles.entry}>
      <span className={styles.actor}>{entry.actor.label}</span>
      <span className={styles.what}>
        {deedOf(entry.action)} {entry.subject.name !== null && <strong>{entry.subject.name}</strong>}
        {detail !== '' && <span className={styles.detail}>{detail}</span>}
      </span>
      <span className={styles.when} title={entry.ip ?? undefined}>
        <Ago at={entry.at} />
      </span>
    </li>
  );
}

/** "connection.made_default" as "connection made default"; the thing and the deed stand in the word itself. */
const deedOf = (action: string): string => action.replace('.', ' ').replaceAll('_', ' ');

/** Names of changed fields, counts, states; ids of things are for programs. The server puts no secret here. */
function detailOf({ detail }: AuditEntry): string {
  return Object.entries(detail)
    .filter(([name, value]) => value !== null && value !== '' && !/_ids?$/.test(name))
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${wordsOf(value)}`)
    .join(' · ');
}

function wordsOf(value: AuditEntry['detail'][string]): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
