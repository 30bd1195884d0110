import { ActionIcon, Popover } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { bellQuery } from '../../lib/notice-queries.ts';
import { useSeesConnections } from '../../lib/use-role.ts';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './bell.module.css';

const BellPanel = lazy(() => import('../../features/notices/bell-panel.tsx'));

/** How many notices are unread, and behind it the last of them. */
export function Bell() {
  const seesConnections = useSeesConnections();
  const notices = useQuery({ ...bellQuery, enabled: seesConnections });
  const [isOpen, setOpen] = useState(false);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes it
  useEffect(() => setOpen(false), [pathname]);
  if (!seesConnections) return null;
  const unread = notices.data?.unread_count ?? 0;
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width="min(400px, calc(100vw - 16px))"
      trapFocus
      returnFocus
      withRoles
    >
      <Popover.Target>
        <ActionIcon
          size={36}
          className={styles.bell}
          onClick={() => setOpen(!isOpen)}
          aria-label={unread === 0 ? 'Notices' : `Notices: ${words(unread)} unread`}
        >
          <IconBell size={18} />
          {unread > 0 && (
            <span className={styles.count} data-words={unread > 99 ? '99+' : unread} aria-hidden />
          )}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Notices">
        {isOpen && (
          <Suspense fallback={<SkeletonRows rows={3} height={72} />}>
            <BellPanel onClose={() => setOpen(false)} />
          </Suspense>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** More than a hundred are not counted. */
const words = (unread: number): string => (unread > 99 ? 'more than 99' : String(unread));
