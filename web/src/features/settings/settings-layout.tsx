import {
  IconAdjustments,
  IconHistory,
  IconKey,
  IconPlugConnected,
  IconSun,
  IconUser,
  IconUserShield,
  IconUsers,
} from '@tabler/icons-react';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useSeesConnections } from '../../lib/use-role.ts';
import { HiddenConnections } from './hidden-connections.tsx';
import styles from './settings-layout.module.css';

const connections = '/settings/connections';

const groups = [
  {
    name: 'Workspace',
    items: [
      { to: '/settings/general', label: 'General', icon: IconAdjustments },
      // By whichever of its two names somebody looks for it.
      { to: '/settings/connections', label: 'Connections', also: 'Integrations', icon: IconPlugConnected },
      { to: '/settings/sign-in-setups', label: 'Sign-in setups', icon: IconUserShield },
      { to: '/settings/members', label: 'Members', icon: IconUsers },
      { to: '/settings/tokens', label: 'API tokens', icon: IconKey },
      { to: '/settings/audit', label: 'Audit log', icon: IconHistory },
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
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const isHidden = !seesConnections && pathname.startsWith(connections);
  return (
    <div className={styles.layout}>
      <nav className={styles.column} aria-label="Settings">
        {groups.map((group) => (
          <div key={group.name} className={styles.group}>
            <p className={styles.name}>{group.name}</p>
            {group.items
              .filter(({ to }) => seesConnections || to !== connections)
              .map((item) => (
                <Link key={item.to} to={item.to} className={styles.item}>
                  <item.icon size={16} aria-hidden />
                  {item.label}
                  {'also' in item && <span className={styles.also}>{item.also}</span>}
                </Link>
              ))}
          </div>
        ))}
      </nav>
      <div className={styles.page}>{isHidden ? <HiddenConnections /> : <Outlet />}</div>
    </div>
  );
}
