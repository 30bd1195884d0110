import { ActionIcon, Tooltip } from '@mantine/core';
import {
  IconHome,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconSettings,
  IconTable,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { tablesQuery } from '../../lib/queries.ts';
import { Logo } from '../../ui/logo.tsx';
import styles from './sidebar.module.css';

interface Props {
  isCollapsed: boolean;
  onToggle: () => void;
  isDrawer?: boolean;
}

const shownTables = 8;

export function Sidebar({ isCollapsed, onToggle, isDrawer = false }: Props) {
  const Toggle = isCollapsed ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <div className={styles.sidebar} data-collapsed={isCollapsed || undefined}>
      <div className={styles.head}>
        {!isCollapsed && (
          <Link to="/" className={styles.brand} aria-label="Keyrail, to the overview">
            <Logo size={22} />
            <span>Keyrail</span>
          </Link>
        )}
        <ActionIcon
          onClick={onToggle}
          aria-label={isDrawer ? 'Close the menu' : isCollapsed ? 'Widen the sidebar' : 'Narrow the sidebar'}
        >
          <Toggle size={18} />
        </ActionIcon>
      </div>
      <nav className={styles.nav} aria-label="Main">
        <Item to="/" icon={<IconHome size={17} />} label="Overview" isCollapsed={isCollapsed} isExact />
        <Item to="/tables" icon={<IconTable size={17} />} label="Tables" isCollapsed={isCollapsed} isExact />
        {!isCollapsed && <RecentTables />}
        <span className={styles.spring} />
        <Item to="/settings" icon={<IconSettings size={17} />} label="Settings" isCollapsed={isCollapsed} />
      </nav>
    </div>
  );
}

interface ItemProps {
  to: string;
  icon: React.ReactNode;
  label: string;
  isCollapsed: boolean;
  isExact?: boolean;
}

function Item({ to, icon, label, isCollapsed, isExact = false }: ItemProps) {
  return (
    <Tooltip label={label} position="right" disabled={!isCollapsed} openDelay={0}>
      <Link to={to} className={styles.item} activeOptions={{ exact: isExact }} aria-label={label}>
        {icon}
        {!isCollapsed && <span>{label}</span>}
      </Link>
    </Tooltip>
  );
}

function RecentTables() {
  const tables = useQuery(tablesQuery);
  const recent = [...(tables.data?.data ?? [])]
    .sort((one, other) => other.updated_at.localeCompare(one.updated_at))
    .slice(0, shownTables);
  if (recent.length === 0) return null;
  return (
    <ul className={styles.recent}>
      {recent.map((table) => (
        <li key={table.id}>
          <Link to="/tables/$tableId" params={{ tableId: table.id }} className={styles.table}>
            {table.name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
