import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCrumbs } from '../../lib/crumbs.ts';
import { hasCode } from '../../lib/failure.ts';
import { connectionPagesQuery, integrationQuery } from '../../lib/queries.ts';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { LoadedApp } from './app/loaded-app.tsx';
import { GoneApp, NoSuchApp } from './gone-app.tsx';

const route = getRouteApi('/app/settings/connections/$slug');

/** One tool: its connections, or the form for the first one. */
export function AppPage() {
  const { slug } = route.useParams();
  const tool = useQuery(integrationQuery(slug));
  const connections = useInfiniteQuery(connectionPagesQuery(slug));
  useCrumbs([
    { label: 'Settings', to: '/settings/general' },
    { label: 'Connections', to: '/settings/connections' },
    { label: tool.data?.name ?? (tool.isLoadingError ? slug : '…') },
  ]);
  const kept = connections.data?.pages.flatMap((page) => page.data) ?? [];
  const isUnknown = tool.isLoadingError && hasCode(tool.error, 'not_found');
  // What has connections lost its file.
  if (isUnknown && kept.length > 0) return <GoneApp slug={slug} connections={kept} />;
  if (isUnknown && !connections.isPending) return <NoSuchApp slug={slug} />;
  if ((tool.isLoadingError && !isUnknown) || connections.isLoadingError) {
    const failed = connections.isLoadingError ? connections : tool;
    return (
      <Page title="Connections">
        <Failed error={failed.error} retry={() => void failed.refetch()} />
      </Page>
    );
  }
  if (tool.data === undefined || connections.data === undefined) {
    return (
      <Page title={tool.data?.name ?? ' '}>
        <SkeletonRows rows={3} height={64} />
      </Page>
    );
  }
  return (
    <LoadedApp
      key={slug}
      tool={tool.data}
      connections={connections.data.pages.flatMap((page) => page.data)}
      onMore={connections.hasNextPage ? () => void connections.fetchNextPage() : undefined}
      isLoadingMore={connections.isFetchingNextPage}
    />
  );
}
