import { usePrefetchInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCrumbs } from '../../lib/crumbs.ts';
import { connectedAppsQuery, integrationPagesQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { ConnectionRequests } from '../../ui/connection-requests.tsx';
import { ManagersOnly } from '../../ui/managers-only.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { CatalogProblems } from './catalog-problems.tsx';
import { ConnectedApps } from './connected-apps.tsx';
import { Explore } from './explore/explore.tsx';

const shownApps = 6;

export function ConnectionsPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Connections' }]);
  const apps = useQuery(connectedAppsQuery);
  usePrefetchInfiniteQuery(integrationPagesQuery());
  const hasApps = (apps.data?.length ?? 0) > 0;
  return (
    <Page
      title="Connections"
      about="Connect a tool once; every column in this workspace that uses it takes the saved key."
    >
      <ReadOnlyNotice />
      <ConnectionRequests />
      <CatalogProblems />
      {(apps.isPending || apps.isError || hasApps) && (
        <Section
          title="Your connected apps"
          actions={hasApps && <Link to="/settings/connections/all">See all</Link>}
        >
          {apps.isPending && <SkeletonRows rows={2} />}
          {apps.isError && <Failed error={apps.error} retry={() => void apps.refetch()} />}
          {hasApps && <ConnectedApps apps={apps.data ?? []} limit={shownApps} />}
        </Section>
      )}
      {/* What stands below waits, so that it is not moved under somebody's hands. */}
      {!apps.isPending && <Explore />}
    </Page>
  );
}

/** Who may not change anything here sees why, and whom to ask. */
interface ReadOnlyProps {
  tool?: { slug: string; name: string };
  hasNone?: boolean;
}

export function ReadOnlyNotice({ tool, hasNone = false }: ReadOnlyProps) {
  if (useMay('admin')) return null;
  return (
    <div style={{ marginBottom: 24 }}>
      <ManagersOnly tool={tool} hasNone={hasNone} />
    </div>
  );
}
