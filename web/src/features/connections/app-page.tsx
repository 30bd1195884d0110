import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { IconExternalLink, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useCrumbs } from '../../lib/crumbs.ts';
import { connectionsQuery, integrationQuery } from '../../lib/queries.ts';
import { useMay } from '../../lib/use-role.ts';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './app-page.module.css';
import { ConnectForm } from './connect-form.tsx';
import { ConnectPopup } from './connect-popup.tsx';
import { ConnectionDrawer } from './connection-drawer.tsx';
import { ConnectionTable } from './connection-table.tsx';
import { ReadOnlyNotice } from './connections-page.tsx';
import { type Saved, SavedNotice } from './outcome.tsx';

const route = getRouteApi('/app/settings/connections/$slug');

/** One tool: its connections, or the form for the first one. */
export function AppPage() {
  const { slug } = route.useParams();
  const tool = useQuery(integrationQuery(slug));
  const connections = useQuery(connectionsQuery(slug));
  useCrumbs([
    { label: 'Settings', to: '/settings/general' },
    { label: 'Connections', to: '/settings/connections' },
    { label: tool.data?.name ?? '…' },
  ]);
  if (tool.isError || connections.isError) {
    const failed = tool.isError ? tool : connections;
    return (
      <Page title="Connections">
        <Failed error={failed.error} retry={() => void failed.refetch()} />
      </Page>
    );
  }
  if (tool.data === undefined || connections.data === undefined) {
    return (
      <Page title={tool.data?.name ?? ' '}>
        <SkeletonRows rows={3} height={48} />
      </Page>
    );
  }
  return <LoadedApp tool={tool.data} connections={connections.data.data} />;
}

function LoadedApp({ tool, connections }: { tool: Integration; connections: Connection[] }) {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('admin');
  const [saved, setSaved] = useState<Saved | null>(null);
  const [isAdding, setAdding] = useState(false);
  const show = (id: string | undefined) => void navigate({ search: { open: id }, replace: true });
  const opened = connections.find((connection) => connection.id === open);
  const hasSome = connections.length > 0;

  return (
    <Page
      title={tool.name}
      about={tool.description}
      mark={<IntegrationIcon icon={tool.icon} size={40} />}
      actions={
        mayChange && (
          <Button
            leftSection={<IconPlus size={14} />}
            {...(hasSome ? { onClick: () => setAdding(true) } : { onClick: focusForm, variant: 'default' })}
          >
            Add connection
          </Button>
        )
      }
    >
      <ReadOnlyNotice />
      {saved !== null && <SavedNotice saved={saved} tool={tool} onClose={() => setSaved(null)} />}
      {hasSome && (
        <ConnectionTable
          tool={tool}
          connections={connections}
          onOpen={show}
          onSaved={setSaved}
          mayChange={mayChange}
        />
      )}
      {!hasSome && mayChange && (
        <Section title={`Connect ${tool.name}`}>
          <div className={styles.form}>
            <ConnectForm tool={tool} onSaved={setSaved} />
          </div>
        </Section>
      )}
      <About tool={tool} />
      <ConnectPopup tool={tool} opened={isAdding} onClose={() => setAdding(false)} onSaved={setSaved} />
      <ConnectionDrawer
        tool={tool}
        connection={opened}
        onClose={() => show(undefined)}
        mayChange={mayChange}
      />
    </Page>
  );
}

/** While the form stands on the page, the button leads to it. */
function focusForm(): void {
  const form = document.querySelector<HTMLInputElement>('form input');
  form?.focus();
  form?.scrollIntoView({ block: 'center' });
}

function About({ tool }: { tool: Integration }) {
  return (
    <Section title={`What ${tool.name} can do here`}>
      {tool.actions.length === 0 && <p className="k-2">There is no ready-made action for it yet.</p>}
      <ul className={styles.actions}>
        {tool.actions.map((action) => (
          <li key={action.name}>
            <span className={styles.actionName}>{action.label}</span>
            <span className="k-2">{action.description ?? action.cost_note}</span>
          </li>
        ))}
      </ul>
      <p className={styles.links}>
        {tool.docs_url !== null && (
          <a href={tool.docs_url} target="_blank" rel="noopener noreferrer">
            {tool.name}'s API documentation <IconExternalLink size={13} aria-label="opens in a new tab" />
          </a>
        )}
        {tool.limits_note !== null && <span className="k-2">{tool.limits_note}</span>}
      </p>
    </Section>
  );
}
