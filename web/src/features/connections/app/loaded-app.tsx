import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../../lib/use-role.ts';
import { IntegrationIcon } from '../../../ui/integration-icon.tsx';
import { Page, Section } from '../../../ui/page.tsx';
import { AboutApp, AppSubtitle } from '../about/about-app.tsx';
import styles from '../app-page.module.css';
import { ConnectForm } from '../connect-form.tsx';
import { ConnectPopup } from '../connect-popup.tsx';
import { ConnectionDialogs } from '../connection-dialogs.tsx';
import { ConnectionDrawer } from '../connection-drawer.tsx';
import { ConnectionTable } from '../connection-table.tsx';
import { ReadOnlyNotice } from '../connections-page.tsx';
import type { Saved } from '../outcome.tsx';
import { RefusedSetup } from '../refused-setup.tsx';
import { ResumedSignIn } from '../resumed-sign-in.tsx';
import { AilingConnections } from './ailing-connections.tsx';
import { AppButtons } from './app-buttons.tsx';
import { JustSaved } from './just-saved.tsx';
import { useAskedFor } from './use-asked-for.ts';
import { useSaved } from './use-saved.ts';

const route = getRouteApi('/app/settings/connections/$slug');

interface Props {
  tool: Integration;
  connections: Connection[];
  onMore: (() => void) | undefined;
  isLoadingMore: boolean;
}

/** A tool with its connections, or with the form for the first one. */
export function LoadedApp({ tool, connections, onMore, isLoadingMore }: Props) {
  const { sign_in: authorization } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('admin');
  const [isAdding, setAdding] = useState(false);
  const { opened, show, dialog, setDialog } = useAskedFor(connections, mayChange);
  const { saved, now, isPast, tellSaved, forget } = useSaved(tool.slug, connections);
  const hasSome = connections.length > 0;
  const done = (next: Saved) => {
    tellSaved(next);
    if (authorization !== undefined) void navigate({ search: {}, replace: true });
  };

  return (
    <Page
      title={tool.name}
      about={<AppSubtitle tool={tool} />}
      mark={<IntegrationIcon icon={tool.icon} size={40} />}
      actions={mayChange && <AppButtons tool={tool} onAdd={hasSome ? () => setAdding(true) : null} />}
    >
      <ReadOnlyNotice tool={tool} hasNone={!hasSome} />
      <RefusedSetup tool={tool} connections={connections} />
      {saved === null && <ResumedSignIn tool={tool} authorization={authorization} onSaved={done} />}
      {saved !== null && !isPast && (
        <JustSaved
          tool={tool}
          saved={saved}
          now={now}
          onClose={forget}
          onSignInAgain={() => setDialog({ kind: 'reconnect', connection: now ?? saved })}
        />
      )}
      {mayChange && <AilingConnections tool={tool} connections={connections} onDialog={setDialog} />}
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
