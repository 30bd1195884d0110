import {
  IconAdjustments,
  IconBell,
  IconCalendarDue,
  IconChecklist,
  IconHistory,
  IconKey,
  IconPlugConnected,
  IconSun,
  IconUser,
  IconUserShield,
  IconUsers,
} from '@tabler/icons-react';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useMay, useSeesConnections } from '../../lib/use-role.ts';
import { HiddenConnections } from './hidden-connections.tsx';
import styles from './settings-layout.module.css';

const connections = '/settings/connections';
const expiries = '/settings/what-ends-when';

interface Item {
  to: string;
  label: string;
  also?: string;
  icon: typeof IconKey;
  /** Others would only read there whom to ask. */
  forManagers?: boolean;
}

const groups: { name: string; items: Item[] }[] = [
  {
    name: 'Workspace',
    items: [
      { to: '/settings/general', label: 'General', icon: IconAdjustments },
      // By whichever of its two names somebody looks for it.
      { to: '/settings/connections', label: 'Connections', also: 'Integrations', icon: IconPlugConnected },
      { to: '/settings/what-ends-when', label: 'What ends when', icon: IconCalendarDue },
      { to: '/settings/sign-in-setups', label: 'Sign-in setups', icon: IconUserShield, forManagers: true },
      { to: '/settings/check', label: 'Check my setup', icon: IconChecklist, forManagers: true },
      { to: '/settings/notifications', label: 'Notifications', icon: IconBell, forManagers: true },
      { to: '/settings/members', label: 'Members', icon: IconUsers },
      { to: '/settings/tokens', label: 'API tokens', icon: IconKey, forManagers: true },
      { to: '/settings/audit', label: 'Audit log', icon: IconHistory, forManagers: true },
    ],
  },
  {
    name: 'Personal',
    items: [
      { to: '/settings/profile', label: 'Profile', icon: IconUser },
      { to: '/settings/appearance', label: 'Appearance', icon: IconSun },
    ],
  },
];

/** The settings' own column beside the page; a row to swipe on phones. */
export function SettingsLayout() {
  const seesConnections = useSeesConnections();
  const mayManage = useMay('admin');
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const column = useActiveInSight(pathname);
  const isHidden = !seesConnections && (pathname.startsWith(connections) || pathname.startsWith(expiries));
  return (
    <div className={styles.layout}>
      <nav ref={column} className={styles.column} aria-label="Settings">
        {groups.map((group) => (
          <div key={group.name} className={styles.group}>
            <p className={styles.name}>{group.name}</p>
            {group.items
              .filter(({ to, forManagers }) =>
                to === connections || to === expiries ? seesConnections : mayManage || !forManagers,
              )
              .map((item) => (
                <Link key={item.to} to={item.to} className={styles.item}>
                  <item.icon size={16} aria-hidden />
                  {item.label}
                  {item.also !== undefined && <span className={styles.also}>{item.also}</span>}
                </Link>
              ))}
          </div>
        ))}
      </nav>
      <div className={styles.page}>{isHidden ? <HiddenConnections /> : <Outlet />}</div>
    </div>
  );
}

/** On a phone the column is a row that scrolls sideways: the page one is on stands in sight in it. */
function useActiveInSight(pathname: string): React.RefObject<HTMLElement | null> {
  const column = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another active link
  useEffect(() => {
    const row = column.current;
    const active = row?.querySelector<HTMLElement>('a.active');
    if (!row || !active || row.scrollWidth <= row.clientWidth) return;
    row.scrollLeft = active.offsetLeft - (row.clientWidth - active.offsetWidth) / 2;
  }, [pathname]);
  return column;
}
