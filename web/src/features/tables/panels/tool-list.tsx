import type { ConnectionStatus } from '@keyrail/contract/connections';
import type { ActionFound, IntegrationFound } from '@keyrail/contract/integrations';
import { IconBolt } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { count } from '../../../lib/format.ts';
import { connectedAppsQuery } from '../../../lib/queries.ts';
import { useSeesConnections } from '../../../lib/use-role.ts';
import { aboutAction, statusWords, wantsReconnect } from '../../../lib/words.ts';
import { IntegrationIcon } from '../../../ui/integration-icon.tsx';
import styles from './panels.module.css';

/** The action is null where only the tool is chosen yet. */
export type OnChooseTool = (slug: string, action: string | null) => void;

interface ListProps {
  title: string;
  tools: IntegrationFound[];
  onChoose: OnChooseTool;
}

/** Tools, each with those of its actions that were looked for. */
export function ToolList({ title, tools, onChoose }: ListProps) {
  const seesConnections = useSeesConnections();
  const apps = useQuery({ ...connectedAppsQuery, enabled: seesConnections });
  const worst = new Map(apps.data?.map((app) => [app.integration, app.worst_status]));
  if (tools.length === 0) return null;
  return (
    <div>
      <p className="k-2 k-small">{title}</p>
      <div className={styles.tools}>
        {tools.map((tool) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
          <div key={tool.slug} className={styles.toolGroup} role="group" aria-label={tool.name}>
            <ToolRow tool={tool} worst={worst.get(tool.slug)} onChoose={() => onChoose(tool.slug, null)} />
            {tool.actions_found.map((action) => (
              <FoundRow key={action.name} action={action} onChoose={() => onChoose(tool.slug, action.name)} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

interface ToolProps {
  tool: IntegrationFound;
  worst: ConnectionStatus | undefined;
  onChoose: () => void;
}

function ToolRow({ tool, worst, onChoose }: ToolProps) {
  return (
    <button type="button" className={styles.tool} onClick={onChoose}>
      <IntegrationIcon icon={tool.icon} size={28} />
      <span className={styles.toolText}>
        {tool.name}
        <span className="k-clip">
          {tool.connection_count > 0 ? connectionsInWords(tool.connection_count, worst) : tool.description}
        </span>
      </span>
    </button>
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

function FoundRow({ action, onChoose }: { action: ActionFound; onChoose: () => void }) {
  return (
    <button type="button" className={`${styles.tool} ${styles.found}`} onClick={onChoose}>
      <IconBolt size={16} aria-hidden />
      <span className={styles.toolText}>
        {action.label}
        <span className="k-clip">{aboutAction(action)}</span>
      </span>
    </button>
  );
}
