import type { ConnectionStatus } from '@keyrail/contract/connections';
import type { Action, Integration, IntegrationSummary } from '@keyrail/contract/integrations';
import { Button, TextInput } from '@mantine/core';
import { IconArrowLeft, IconBolt, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { count } from '../../../lib/format.ts';
import { allIntegrationsQuery, connectedAppsQuery, integrationsQuery } from '../../../lib/queries.ts';
import { useMay, useSeesConnections } from '../../../lib/use-role.ts';
import { aboutAction, actionTags, statusWords, wantsReconnect } from '../../../lib/words.ts';
import { IntegrationIcon } from '../../../ui/integration-icon.tsx';
import { Failed } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import styles from './panels.module.css';

/** The tools, connected ones first. */
export function ChooseTool({ onChoose }: { onChoose: (slug: string) => void }) {
  const [search, setSearch] = useState('');
  const mayManage = useMay('admin');
  const wanted = useDeferredValue(search.trim());
  // Connected ones come first, whatever their name: for that all are needed, not the first two hundred.
  const every = useQuery({ ...allIntegrationsQuery, enabled: wanted === '' });
  const found = useQuery({ ...integrationsQuery({ search: wanted }), enabled: wanted !== '' });
  const tools = wanted === '' ? every : found;
  const all = (wanted === '' ? undefined : found.data?.data) ?? every.data ?? [];
  const connected = all.filter((tool) => tool.connection_count > 0);
  const others = all.filter((tool) => tool.connection_count === 0);
  return (
    <div className={styles.stack}>
      <TextInput
        type="search"
        placeholder="Search tools"
        aria-label="Search tools"
        leftSection={<IconSearch size={15} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        autoComplete="off"
        autoFocus
      />
      {tools.isPending && all.length === 0 && <SkeletonRows rows={5} height={44} />}
      {tools.isError && <Failed error={tools.error} retry={() => void tools.refetch()} />}
      <ToolList title="Connected" tools={connected} onChoose={onChoose} />
      <ToolList title="Not connected yet" tools={others} onChoose={onChoose} />
      {tools.isSuccess && all.length === 0 && (
        <p className="k-2">
          No tool is called “{wanted}”.{' '}
          {mayManage && (
            <Link to="/settings/connections/new-custom" search={{ name: wanted.slice(0, 60) }}>
              Make a custom connection
            </Link>
          )}
        </p>
      )}
    </div>
  );
}

interface ListProps {
  title: string;
  tools: IntegrationSummary[];
  onChoose: (slug: string) => void;
}

function ToolList({ title, tools, onChoose }: ListProps) {
  const seesConnections = useSeesConnections();
  const apps = useQuery({ ...connectedAppsQuery, enabled: seesConnections });
  const worst = new Map(apps.data?.map((app) => [app.integration, app.worst_status]));
  if (tools.length === 0) return null;
  return (
    <div>
      <p className="k-2 k-small">{title}</p>
      <div className={styles.tools}>
        {tools.map((tool) => (
          <button key={tool.slug} type="button" className={styles.tool} onClick={() => onChoose(tool.slug)}>
            <IntegrationIcon icon={tool.icon} size={28} />
            <span className={styles.toolText}>
              {tool.name}
              <span className="k-clip">
                {tool.connection_count > 0
                  ? connectionsInWords(tool.connection_count, worst.get(tool.slug))
                  : tool.description}
              </span>
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** A connection that is broken is no way to run anything: it is said where a tool is chosen. */
function connectionsInWords(total: number, worst: ConnectionStatus | undefined): string {
  const words = count(total, 'connection');
  if (worst === undefined || !wantsReconnect(worst)) return words;
  return total === 1
    ? `${words}: ${statusWords[worst].words.toLowerCase()}`
    : `${words}, not all of them work`;
}

interface ActionProps {
  tool: Integration;
  onBack: () => void;
  onChoose: (action: Action) => void;
}

/** What the chosen tool can do. */
export function ChooseAction({ tool, onBack, onChoose }: ActionProps) {
  return (
    <div className={styles.stack}>
      <div>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<IconArrowLeft size={14} />}
          onClick={onBack}
        >
          Other tools
        </Button>
      </div>
      {tool.connection_count === 0 && <NotConnected tool={tool} />}
      <div className={styles.tools}>
        {tool.actions.map((action) => (
          <button key={action.name} type="button" className={styles.tool} onClick={() => onChoose(action)}>
            <IconBolt size={18} aria-hidden />
            <span className={styles.toolText}>
              {action.label}
              <span>{aboutAction(action)}</span>
              <span>{actionTags(action).join(' · ')}</span>
            </span>
          </button>
        ))}
      </div>
      {tool.actions.length === 0 && <p className="k-2">There is no ready-made action for {tool.name} yet.</p>}
    </div>
  );
}

export function NotConnected({ tool }: { tool: Integration }) {
  return (
    <div className={styles.chosen}>
      <IntegrationIcon icon={tool.icon} size={28} />
      <span className={styles.toolText}>
        {tool.name} is not connected yet
        <span>The column can be made, and runs once it is.</span>
      </span>
      <Button
        variant="default"
        renderRoot={(props) => (
          <Link to="/settings/connections/$slug" params={{ slug: tool.slug }} {...props} />
        )}
      >
        Connect
      </Button>
    </div>
  );
}
