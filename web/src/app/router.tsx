import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { chosenWorkspace } from '../lib/api.ts';
import { hasCode } from '../lib/failure.ts';
import { seesConnections } from '../lib/use-role.ts';
import { Crashed, NotFound, Pending } from './fallbacks.tsx';
import { loadSession } from './session.ts';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { next?: string | undefined; after?: string | undefined } => ({
    next: text(search.next),
    after: text(search.after),
  }),
  component: lazyRouteComponent(() => import('../features/entry/sign-in-page.tsx'), 'SignInPage'),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search): { code?: string | undefined } => ({
    // A code of digits alone arrives as a number.
    code: search.code === undefined ? undefined : String(search.code),
  }),
  component: lazyRouteComponent(() => import('../features/entry/setup-page.tsx'), 'SetupPage'),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  validateSearch: (search): { code?: string | undefined } => ({
    code: search.code === undefined ? undefined : String(search.code),
  }),
  component: lazyRouteComponent(() => import('../features/entry/invitation-page.tsx'), 'InvitationPage'),
});

/** Everything behind the sign-in; the address asked for is kept. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ location, preload }) => {
    try {
      return { session: await loadSession(preload ? undefined : location.pathname) };
    } catch (error) {
      if (!hasCode(error, 'unauthenticated')) throw error;
      const next = location.href === '/' ? undefined : location.href;
      throw redirect({ to: '/sign-in', search: { next } });
    }
  },
  component: lazyRouteComponent(() => import('./shell/shell.tsx'), 'Shell'),
});

const page = {
  overview: createRoute({
    getParentRoute: () => app,
    path: '/',
    component: lazyRouteComponent(() => import('../features/overview/overview-page.tsx'), 'OverviewPage'),
  }),
  tables: createRoute({
    getParentRoute: () => app,
    path: '/tables',
    component: lazyRouteComponent(() => import('../features/tables/tables-page.tsx'), 'TablesPage'),
  }),
  table: createRoute({
    getParentRoute: () => app,
    path: '/tables/$tableId',
    component: lazyRouteComponent(() => import('../features/tables/table-page.tsx'), 'TablePage'),
  }),
  notices: createRoute({
    getParentRoute: () => app,
    path: '/notices',
    component: lazyRouteComponent(() => import('../features/notices/notices-page.tsx'), 'NoticesPage'),
  }),
};

const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/settings-layout.tsx'), 'SettingsLayout'),
});

const setting = {
  index: createRoute({
    getParentRoute: () => settings,
    path: '/',
    beforeLoad: ({ context }) => {
      const workspace = context.session.workspaces.find((one) => one.id === chosenWorkspace());
      throw redirect({ to: seesConnections(workspace) ? '/settings/connections' : '/settings/general' });
    },
  }),
  general: createRoute({
    getParentRoute: () => settings,
    path: '/general',
    component: lazyRouteComponent(() => import('../features/settings/general-page.tsx'), 'GeneralPage'),
  }),
  // "Integrations" is the other name people look for.
  integrations: createRoute({
    getParentRoute: () => settings,
    path: '/integrations',
    beforeLoad: () => {
      throw redirect({ to: '/settings/connections' });
    },
  }),
  connections: createRoute({
    getParentRoute: () => settings,
    path: '/connections',
    // What was searched for is there again on the way back from an app's page.
    validateSearch: (search): Partial<Record<'search' | 'category', string | undefined>> => ({
      search: search.search === undefined ? undefined : String(search.search),
      category: text(search.category),
    }),
    component: lazyRouteComponent(
      () => import('../features/connections/connections-page.tsx'),
      'ConnectionsPage',
    ),
  }),
  connectedApps: createRoute({
    getParentRoute: () => settings,
    path: '/connections/all',
    component: lazyRouteComponent(() => import('../features/connections/all-apps-page.tsx'), 'AllAppsPage'),
  }),
  newCustom: createRoute({
    getParentRoute: () => settings,
    path: '/connections/new-custom',
    validateSearch: (search): { name?: string | undefined } => ({ name: text(search.name) }),
    component: lazyRouteComponent(() => import('../features/custom/new-custom-page.tsx'), 'NewCustomPage'),
  }),
  editCustom: createRoute({
    getParentRoute: () => settings,
    path: '/connections/$slug/edit',
    component: lazyRouteComponent(() => import('../features/custom/edit-custom-page.tsx'), 'EditCustomPage'),
  }),
  app: createRoute({
    getParentRoute: () => settings,
    path: '/connections/$slug',
    // `open`: its details; `reconnect`, `replace`: its popups; `sign_in`: a sign-in that led back here.
    validateSearch: (
      search,
    ): Partial<Record<'open' | 'reconnect' | 'replace' | 'sign_in', string | undefined>> => ({
      open: text(search.open),
      reconnect: text(search.reconnect),
      replace: text(search.replace),
      sign_in: text(search.sign_in),
    }),
    component: lazyRouteComponent(() => import('../features/connections/app-page.tsx'), 'AppPage'),
  }),
  setups: createRoute({
    getParentRoute: () => settings,
    path: '/sign-in-setups',
    // `replace`: the tool whose client secret is to be replaced.
    validateSearch: (search): { replace?: string | undefined } => ({ replace: text(search.replace) }),
    component: lazyRouteComponent(() => import('../features/connections/setups-page.tsx'), 'SetupsPage'),
  }),
  expiries: createRoute({
    getParentRoute: () => settings,
    path: '/what-ends-when',
    component: lazyRouteComponent(() => import('../features/expiries/expiries-page.tsx'), 'ExpiriesPage'),
  }),
  notifications: createRoute({
    getParentRoute: () => settings,
    path: '/notifications',
    component: lazyRouteComponent(
      () => import('../features/notices/notifications-page.tsx'),
      'NotificationsPage',
    ),
  }),
  check: createRoute({
    getParentRoute: () => settings,
    path: '/check',
    component: lazyRouteComponent(
      () => import('../features/settings/setup-check-page.tsx'),
      'SetupCheckPage',
    ),
  }),
  members: createRoute({
    getParentRoute: () => settings,
    path: '/members',
    component: lazyRouteComponent(() => import('../features/settings/members-page.tsx'), 'MembersPage'),
  }),
  tokens: createRoute({
    getParentRoute: () => settings,
    path: '/tokens',
    component: lazyRouteComponent(() => import('../features/settings/tokens-page.tsx'), 'TokensPage'),
  }),
  audit: createRoute({
    getParentRoute: () => settings,
    path: '/audit',
    validateSearch: (
      search,
    ): Partial<Record<'actor' | 'action' | 'subject' | 'name', string | undefined>> => ({
      actor: text(search.actor),
      action: text(search.action),
      subject: text(search.subject),
      name: text(search.name),
    }),
    component: lazyRouteComponent(() => import('../features/settings/audit-page.tsx'), 'AuditPage'),
  }),
  profile: createRoute({
    getParentRoute: () => settings,
    path: '/profile',
    component: lazyRouteComponent(() => import('../features/settings/profile-page.tsx'), 'ProfilePage'),
  }),
  appearance: createRoute({
    getParentRoute: () => settings,
    path: '/appearance',
    component: lazyRouteComponent(() => import('../features/settings/appearance-page.tsx'), 'AppearancePage'),
  }),
};

const routeTree = root.addChildren([
  signIn,
  setup,
  invitation,
  app.addChildren([
    page.overview,
    page.tables,
    page.table,
    page.notices,
    settings.addChildren([
      setting.index,
      setting.general,
      setting.integrations,
      setting.connections,
      setting.connectedApps,
      setting.newCustom,
      setting.editCustom,
      setting.app,
      setting.expiries,
      setting.setups,
      setting.notifications,
      setting.check,
      setting.members,
      setting.tokens,
      setting.audit,
      setting.profile,
      setting.appearance,
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPendingMs: 100,
  defaultPendingMinMs: 0,
  defaultPendingComponent: Pending,
  defaultErrorComponent: Crashed,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
