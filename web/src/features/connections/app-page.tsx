import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import type { Page as ListPage } from '@keyrail/contract/page';
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useCrumbs } from '../../lib/crumbs.ts';
import { hasCode } from '../../lib/failure.ts';
import { connectionPagesQuery, connectionQuery, integrationQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { wantsReconnect } from '../../lib/words.ts';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { AboutApp, AppSubtitle } from './about/about-app.tsx';
import styles from './app-page.module.css';
import { ConnectForm, connectNameId } from './connect-form.tsx';
import { ConnectPopup } from './connect-popup.tsx';
import type { RowDialog } from './connection-actions.tsx';
import { ConnectionDialogs } from './connection-dialogs.tsx';
import { ConnectionDrawer } from './connection-drawer.tsx';
import { ConnectionTable } from './connection-table.tsx';
import { ReadOnlyNotice } from './connections-page.tsx';
import { GoneApp, NoSuchApp } from './gone-app.tsx';
import { MissingAccess } from './missing-access.tsx';
import { type Saved, SavedNotice } from './outcome.tsx';
import { AfterReplacement } from './previous-key.tsx';
import { RefusedSetup } from './refused-setup.tsx';
import { ResumedSignIn } from './resumed-sign-in.tsx';

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

interface LoadedProps {
  tool: Integration;
  connections: Connection[];
  onMore: (() => void) | undefined;
  isLoadingMore: boolean;
}

function LoadedApp({ tool, connections, onMore, isLoadingMore }: LoadedProps) {
  const { open, reconnect, replace, sign_in: authorization } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('admin');
  const [saved, setSaved] = useState<Saved | null>(null);
  const [dialog, setDialog] = useState<RowDialog | null>(null);
  const [isAdding, setAdding] = useState(false);
  const show = useCallback(
    (id: string | undefined) => void navigate({ search: { open: id }, replace: true }),
    [navigate],
  );
  const opened = useOne(connections, open);
  const toReconnect = useOne(connections, mayChange ? reconnect : undefined);
  const toReplace = useOne(connections, mayChange ? replace : undefined);
  const hasSome = connections.length > 0;
  // A link from elsewhere that says "Reconnect" or "Replace" opens it; once.
  useEffect(() => {
    const asked = toReconnect ?? toReplace;
    if (asked === undefined) return;
    const isNewSignIn = toReconnect !== undefined || asked.method === 'oauth2';
    setDialog({ kind: isNewSignIn ? 'reconnect' : 'replace', connection: asked });
    void navigate({ search: {}, replace: true });
  }, [toReconnect, toReplace, navigate]);
  const client = useQueryClient();
  const done = (next: Saved) => {
    setSaved(next);
    // The form gives way to the list at once, not when the list has been asked for again.
    client.setQueryData(connectionPagesQuery(tool.slug).queryKey, (known) => known && withFirst(known, next));
    if (authorization !== undefined) void navigate({ search: {}, replace: true });
  };
  // What is offered after a replacement follows what became of it since.
  const now = connections.find((connection) => connection.id === saved?.id);
  // Disconnected, rolled back, or replaced by somebody else: as whom it was connected is not true any more.
  const isPast =
    saved !== null &&
    now !== undefined &&
    (now.status === 'disconnected' || (now.version > saved.version && now.hint !== saved.hint));

  return (
    <Page
      title={tool.name}
      about={<AppSubtitle tool={tool} />}
      mark={<IntegrationIcon icon={tool.icon} size={40} />}
      actions={
        mayChange && (
          <>
            {tool.is_custom && <EditApp slug={tool.slug} />}
            <Button
              leftSection={<IconPlus size={14} />}
              {...(hasSome ? { onClick: () => setAdding(true) } : { onClick: focusForm, variant: 'default' })}
            >
              Add connection
            </Button>
          </>
        )
      }
    >
      <ReadOnlyNotice tool={tool} />
      <RefusedSetup tool={tool} connections={connections} />
      {saved === null && <ResumedSignIn tool={tool} authorization={authorization} onSaved={done} />}
      {saved !== null && !isPast && (
        <SavedNotice saved={saved} tool={tool} onClose={() => setSaved(null)}>
          {now !== undefined && <AfterReplacement tool={tool} connection={now} />}
        </SavedNotice>
      )}
      {saved !== null && !isPast && (
        <div className={styles.ailing}>
          <MissingAccess
            tool={tool}
            connection={now ?? saved}
            onSignInAgain={() => setDialog({ kind: 'reconnect', connection: now ?? saved })}
          />
        </div>
      )}
      {mayChange && <Ailing tool={tool} connections={connections} onDialog={setDialog} />}
      {hasSome && (
        <ConnectionTable
          tool={tool}
          connections={connections}
          onOpen={show}
          onDialog={setDialog}
          mayChange={mayChange}
          onMore={onMore}
          isLoadingMore={isLoadingMore}
        />
      )}
      {!hasSome && mayChange && (
        <Section title={`Connect ${tool.name}`}>
          <div className={styles.form}>
            <ConnectForm tool={tool} onSaved={done} />
          </div>
        </Section>
      )}
      <AboutApp tool={tool} />
      <ConnectPopup tool={tool} opened={isAdding} onClose={() => setAdding(false)} onSaved={done} />
      <ConnectionDialogs
        tool={tool}
        connections={connections}
        dialog={dialog}
        onDialog={setDialog}
        onSaved={done}
      />
      <ConnectionDrawer
        tool={tool}
        connection={opened}
        onClose={() => show(undefined)}
        mayChange={mayChange}
        onDialog={(next) => {
          show(undefined);
          setDialog(next);
        }}
      />
    </Page>
  );
}

/** The list with the first connection in it; as it is where it has some. */
function withFirst(known: Listed, first: Connection): Listed {
  const [page, ...rest] = known.pages;
  return page?.data.length === 0 ? { ...known, pages: [{ ...page, data: [first] }, ...rest] } : known;
}

type Listed = InfiniteData<ListPage<Connection>, unknown>;

/** For an app that the workspace described itself. */
function EditApp({ slug }: { slug: string }) {
  return (
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/settings/connections/$slug/edit" params={{ slug }} {...props} />}
    >
      Edit app
    </Button>
  );
}

/** A connection an address names; it may stand beyond the ones that are listed so far. */
function useOne(connections: Connection[], id: string | undefined): Connection | undefined {
  const listed = connections.find((connection) => connection.id === id);
  const asked = useQuery({ ...connectionQuery(id ?? ''), enabled: id !== undefined && listed === undefined });
  return id === undefined ? undefined : (listed ?? asked.data);
}

const shownAiling = 3;

/** What does not work any more, with the button that mends it. */
function Ailing({
  tool,
  connections,
  onDialog,
}: {
  tool: Integration;
  connections: Connection[];
  onDialog: (dialog: RowDialog) => void;
}) {
  const ailing = connections.filter(({ status }) => wantsReconnect(status) && status !== 'disconnected');
  if (ailing.length === 0) return null;
  return (
    <div className={styles.ailing}>
      {ailing.slice(0, shownAiling).map((connection) => (
        <Notice
          key={connection.id}
          tone="red"
          title={`${connection.name}: ${connection.status_reason ?? `${tool.name} does not accept it any more.`}`}
          action={
            <Button size="compact-sm" onClick={() => onDialog({ kind: 'reconnect', connection })}>
              Reconnect
            </Button>
          }
        >
          <p>
            {connection.dependents_count === 0
              ? 'Nothing uses it at present.'
              : 'What uses it is paused, and goes on by itself once it is reconnected.'}
          </p>
        </Notice>
      ))}
    </div>
  );
}

/** While the form stands on the page, the button leads to it. */
function focusForm(): void {
  const field = document.getElementById(connectNameId);
  field?.focus();
  field?.scrollIntoView({ block: 'center' });
}
