import { ActionIcon, Menu, UnstyledButton } from '@mantine/core';
import {
  IconCheck,
  IconChevronDown,
  IconChevronRight,
  IconLogout,
  IconMenu2,
  IconSearch,
  IconSettings,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Fragment } from 'react';
import { chosenWorkspace } from '../../lib/api.ts';
import { useShownCrumbs } from '../../lib/crumbs.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { toastError } from '../../lib/toast.tsx';
import { signOut, switchTo } from '../session.ts';
import { Bell } from './bell.tsx';
import styles from './topbar.module.css';
import { isMac } from './use-shortcut.ts';

const shortcut = isMac ? '⌘ K' : 'Ctrl K';

interface Props {
  onMenu: () => void;
  onSearch: () => void;
}

export function Topbar({ onMenu, onSearch }: Props) {
  return (
    <header className={styles.topbar}>
      <ActionIcon className={styles.burger} onClick={onMenu} aria-label="Open the menu" size={36}>
        <IconMenu2 size={18} />
      </ActionIcon>
      <Breadcrumb />
      <UnstyledButton className={styles.search} onClick={onSearch} aria-label={`Search ${shortcut}`}>
        <IconSearch size={15} aria-hidden />
        <span className={styles.searchWords}>Search</span> <kbd className={styles.kbd}>{shortcut}</kbd>
      </UnstyledButton>
      <Bell />
      <WorkspaceMenu />
    </header>
  );
}

function Breadcrumb() {
  const crumbs = useShownCrumbs();
  return (
    <nav aria-label="Where you are" className={styles.crumbs}>
      {crumbs.map((crumb, at) => (
        <Fragment key={crumb.label}>
          {at > 0 && <IconChevronRight size={14} className={styles.step} aria-hidden />}
          {crumb.to === undefined || at === crumbs.length - 1 ? (
            <span className={styles.here} aria-current="page">
              {crumb.label}
            </span>
          ) : (
            <Link to={crumb.to} className={styles.crumb}>
              {crumb.label}
            </Link>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

function WorkspaceMenu() {
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  const workspaces = session.data?.workspaces ?? [];
  const workspace = workspaces.find((one) => one.id === chosenWorkspace()) ?? workspaces[0];
  const name = workspace?.name ?? 'Workspace';
  return (
    <Menu position="bottom-end" width={232}>
      <Menu.Target>
        <UnstyledButton className={styles.workspace} aria-label={`Workspace ${name}: menu`}>
          <span className={styles.workspaceIcon} data-letter={[...name][0]?.toUpperCase()} aria-hidden />
          <span className={styles.workspaceName}>{name}</span>
          <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.data?.user.email}</Menu.Label>
        <Menu.Item
          leftSection={<IconSettings size={16} />}
          onClick={() => void navigate({ to: '/settings/general' })}
        >
          Settings
        </Menu.Item>
        <Menu.Item
          leftSection={<IconUsers size={16} />}
          onClick={() => void navigate({ to: '/settings/members' })}
        >
          Members
        </Menu.Item>
        <Menu.Divider />
        {workspaces.length > 1 && (
          <>
            <Menu.Label>Switch workspace</Menu.Label>
            {workspaces.map((one) => (
              <Menu.Item
                key={one.id}
                leftSection={
                  one.id === workspace?.id ? (
                    <IconCheck size={16} aria-label="You are here" />
                  ) : (
                    <span className={styles.noSign} />
                  )
                }
                onClick={() => one.id !== workspace?.id && void switchTo(one.id)}
              >
                <span className={styles.switchName}>{one.name}</span>
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        <Menu.Item
          leftSection={<IconLogout size={16} />}
          onClick={() => void signOut().catch((error: unknown) => toastError(error, 'Not signed out'))}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
