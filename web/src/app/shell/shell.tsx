import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { recall, remember } from '../../lib/api.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { Banners } from './banners.tsx';
import { NoWorkspace } from './no-workspace.tsx';
import styles from './shell.module.css';
import { Sidebar } from './sidebar.tsx';
import { Topbar } from './topbar.tsx';
import { useShortcut } from './use-shortcut.ts';

const Palette = lazy(() => import('./palette.tsx'));
const collapsedKey = 'keyrail-sidebar';

/** The frame around every page behind the sign-in. */
export function Shell() {
  const [isCollapsed, setCollapsed] = useState(() => recall(collapsedKey) === 'collapsed');
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
  useEffect(() => setDrawerOpen(false), [pathname]);
  useShortcut('k', () => setPaletteOpen((isOpen) => !isOpen));

  const session = useQuery(sessionQuery);
  if (session.data?.workspaces.length === 0) return <NoWorkspace email={session.data.user.email} />;

  const toggle = () => {
    remember(collapsedKey, isCollapsed ? 'open' : 'collapsed');
    setCollapsed(!isCollapsed);
  };

  return (
    <div className={styles.shell} data-collapsed={isCollapsed || undefined}>
      <a href="#content" className="k-skip">
        Skip to the content
      </a>
      <aside className={styles.side}>
        <Sidebar isCollapsed={isCollapsed} onToggle={toggle} />
      </aside>
      <Drawer
        opened={isDrawerOpen}
        onClose={() => setDrawerOpen(false)}
        size={280}
        padding={0}
        withCloseButton={false}
      >
        <Sidebar isCollapsed={false} onToggle={() => setDrawerOpen(false)} isDrawer />
      </Drawer>
      <div className={styles.main}>
        <Topbar onMenu={() => setDrawerOpen(true)} onSearch={() => setPaletteOpen(true)} />
        <Banners />
        <main id="content" className={styles.content} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {isPaletteOpen && (
        <Suspense>
          <Palette onClose={() => setPaletteOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
