import { useQuery } from '@tanstack/react-query';
import { useCrumbs } from '../../lib/crumbs.ts';
import { connectedAppsQuery, runsQuery, tablesQuery } from '../../lib/queries.ts';
import { useCurrentWorkspace, useMay, useSeesConnections } from '../../lib/use-role.ts';
import { ConnectionRequests } from '../../ui/connection-requests.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Attention } from './attention.tsx';
import { ConnectionHealth } from './connection-health.tsx';
import { EndingSoon } from './ending-soon.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RecentTables } from './recent-tables.tsx';
import { RunningNow } from './running-now.tsx';

/** What needs somebody, what is going on, and where one was. */
export function OverviewPage() {
  useCrumbs([{ label: 'Overview' }]);
  const workspace = useCurrentWorkspace();
  const seesConnections = useSeesConnections();
  const mayConnect = useMay('admin');
  const mayRun = useMay('editor');
  const apps = useQuery({ ...connectedAppsQuery, enabled: seesConnections });
  const tables = useQuery(tablesQuery);
  const runs = useQuery({ ...runsQuery, refetchInterval: 5_000 });
  const failed = [apps, tables, runs].find((query) => query.isError);
  const isLoading = (seesConnections && apps.isPending) || tables.isPending || runs.isPending;
  const done = {
    connect: (apps.data?.length ?? 0) > 0,
    import: tables.data?.data.some((table) => table.row_count > 0) ?? false,
    run: (runs.data?.data.length ?? 0) > 0,
  };
  // Who may not connect anything is not asked to.
  const isSetUp = (done.connect || !mayConnect) && done.import && done.run;

  return (
    <Page title={workspace?.name ?? 'Overview'}>
      {failed && (
        <Failed
          error={failed.error}
          what="Not everything could be loaded."
          retry={() => void failed.refetch()}
        />
      )}
      {isLoading && !failed && <SkeletonRows rows={4} />}
      {!isLoading && !isSetUp && !failed && mayRun && <FirstSteps done={done} mayConnect={mayConnect} />}
      <ConnectionRequests />
      <Attention runs={runs.data?.data ?? []} />
      <RunningNow runs={runs.data?.data ?? []} />
      <EndingSoon />
      <ConnectionHealth apps={apps.data ?? []} />
      <RecentTables tables={tables.data?.data ?? []} />
    </Page>
  );
}
