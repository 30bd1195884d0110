import type { Action, Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { IconArrowLeft, IconBolt } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { aboutAction, actionTags } from '../../../lib/words.ts';
import { IntegrationIcon } from '../../../ui/integration-icon.tsx';
import styles from './panels.module.css';

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
