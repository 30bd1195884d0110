import { Button } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCrumbs } from '../../lib/crumbs.ts';
import { connectedAppsQuery } from '../../lib/queries.ts';
import { Empty } from '../../ui/empty.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { ConnectedApps } from './connected-apps.tsx';

/** What "See all" leads to. */
export function AllAppsPage() {
  useCrumbs([
    { label: 'Settings', to: '/settings/general' },
    { label: 'Connections', to: '/settings/connections' },
    { label: 'Your connected apps' },
  ]);
  const apps = useQuery(connectedAppsQuery);
  return (
    <Page title="Your connected apps">
      {apps.isPending && <SkeletonRows rows={4} />}
      {apps.isError && <Failed error={apps.error} retry={() => void apps.refetch()} />}
      {apps.data?.length === 0 && (
        <Empty
          icon={<IconPlugConnected size={20} />}
          title="Nothing is connected yet"
          actions={
            <Button renderRoot={(props) => <Link to="/settings/connections" {...props} />}>
              Explore all integrations
            </Button>
          }
        >
          Tools appear here once they have a connection.
        </Empty>
      )}
      {apps.data !== undefined && apps.data.length > 0 && <ConnectedApps apps={apps.data} />}
    </Page>
  );
}
