import {
  IconAdjustments,
  IconHistory,
  IconKey,
  IconPlugConnected,
  IconSun,
  IconUser,
  IconUserShield,
} from '@tabler/icons-react';
import { Link, Outlet } from '@tanstack/react-router';
import styles from './settings-layout.module.css';

const groups = [
  {
    name: 'Workspace',
    items: [
      { to: '/settings/general', label: 'General', icon: IconAdjustments },
      { to: '/settings/connections', label: 'Connections', icon: IconPlugConnected },
      { to: '/settings/sign-in-setups', label: 'Sign-in setups', icon: IconUserShield },
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
  return (
    <div className={styles.layout}>
      <nav className={styles.column} aria-label="Settings">
        {groups.map((group) => (
          <div key={group.name} className={styles.group}>
            <p className={styles.name}>{group.name}</p>
            {group.items.map((item) => (
              <Link key={item.to} to={item.to} className={styles.item}>
                <item.icon size={16} aria-hidden />
                {item.label}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className={styles.page}>
        <Outlet />
      </div>
    </div>
  );
}
