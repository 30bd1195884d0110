import type { NoticeKind } from '@keyrail/contract/notices';
import { Button, NativeSelect } from '@mantine/core';
import { IconBell, IconSettings } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useCrumbs } from '../../lib/crumbs.ts';
import { noticePagesQuery } from '../../lib/notice-queries.ts';
import { useHelpContact, useMay, useSeesConnections } from '../../lib/use-role.ts';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { NoticeRow } from './notice-row.tsx';
import { kindWords, noticeKinds } from './notice-words.ts';
import styles from './notices.module.css';
import { useMarkRead } from './use-mark-read.ts';

/** Everything people were told of, newest first. */
export function NoticesPage() {
  useCrumbs([{ label: 'Notices' }]);
  const mayManage = useMay('admin');
  const seesConnections = useSeesConnections();
  const contact = useHelpContact();
  return (
    <Page
      title="Notices"
      about="What stopped, what ends soon, and what works again. One notice for each event."
      actions={
        mayManage && (
          <Button
            variant="default"
            leftSection={<IconSettings size={14} />}
            renderRoot={(props) => <Link to="/settings/notifications" {...props} />}
          >
            Notifications
          </Button>
        )
      }
    >
      {seesConnections ? (
        <Notices />
      ) : (
        <Notice tone="grey" title="This workspace shows its connections to owners and admins only.">
          <p>They are told when one needs attention. Ask {contact}.</p>
        </Notice>
      )}
    </Page>
  );
}

function Notices() {
  const [kind, setKind] = useState<NoticeKind>();
  const notices = useInfiniteQuery(noticePagesQuery(kind));
  const markRead = useMarkRead();
  const all = notices.data?.pages.flatMap((page) => page.data) ?? [];
  const unread = notices.data?.pages[0]?.unread_count ?? 0;
  const [newest] = all;
  if (notices.isPending) return <SkeletonRows rows={5} height={76} />;
  if (notices.isLoadingError) return <Failed error={notices.error} retry={() => void notices.refetch()} />;
  if (newest === undefined && kind === undefined) {
    return (
      <Empty icon={<IconBell size={20} />} title="No notice yet">
        You are told here, and at the bell on every page, when a connection needs attention, ends soon, or
        works again.
      </Empty>
    );
  }
  return (
    <>
      <div className={styles.bar}>
        <NativeSelect
          size="xs"
          aria-label="What to show"
          value={kind ?? ''}
          onChange={(event) => setKind(noticeKinds.find((one) => one === event.currentTarget.value))}
          data={[
            { value: '', label: 'All notices' },
            ...noticeKinds.map((one) => ({ value: one, label: kindWords[one].words })),
          ]}
        />
        {newest !== undefined && kind === undefined && unread > 0 && (
          <Button
            size="xs"
            variant="default"
            onClick={() => markRead.mutate(newest.id)}
            loading={markRead.isPending}
          >
            Mark all as read
          </Button>
        )}
      </div>
      {newest === undefined ? (
        <p className="k-2">There is no such notice.</p>
      ) : (
        <ul className={`${list.box} ${styles.list}`}>
          {all.map((notice) => (
            <NoticeRow key={notice.id} notice={notice} />
          ))}
        </ul>
      )}
      {notices.hasNextPage && (
        <div className={styles.more}>
          <Button
            variant="default"
            onClick={() => void notices.fetchNextPage()}
            loading={notices.isFetchingNextPage}
          >
            Show earlier
          </Button>
        </div>
      )}
    </>
  );
}
