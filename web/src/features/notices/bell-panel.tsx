import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { bellQuery } from '../../lib/notice-queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { Failed } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { NoticeRow } from './notice-row.tsx';
import styles from './notices.module.css';
import { useMarkRead } from './use-mark-read.ts';

/** What the bell opens: the last notices. */
export default function BellPanel({ onClose }: { onClose: () => void }) {
  const notices = useQuery(bellQuery);
  const markRead = useMarkRead();
  const mayManage = useMay('admin');
  const [newest] = notices.data?.data ?? [];
  return (
    <div className={styles.panel}>
      <div className={styles.panelHead}>
        <h2>Notices</h2>
        {newest !== undefined && (notices.data?.unread_count ?? 0) > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => markRead.mutate(newest.id)}
            loading={markRead.isPending}
          >
            Mark all as read
          </Button>
        )}
      </div>
      {notices.isPending && <SkeletonRows rows={3} height={72} />}
      {notices.isLoadingError && <Failed error={notices.error} retry={() => void notices.refetch()} />}
      {notices.data !== undefined && newest === undefined && (
        <p className={styles.none}>
          Nothing yet. You are told here when a connection needs attention, ends soon, or works again.
        </p>
      )}
      {newest !== undefined && (
        <ul className={styles.panelList}>
          {notices.data?.data.map((notice) => (
            <NoticeRow key={notice.id} notice={notice} onFollow={onClose} />
          ))}
        </ul>
      )}
      <div className={styles.panelFoot}>
        <Link to="/notices" onClick={onClose}>
          See all notices
        </Link>
        {mayManage && (
          <Link to="/settings/notifications" onClick={onClose}>
            Send them elsewhere, too
          </Link>
        )}
      </div>
    </div>
  );
}
