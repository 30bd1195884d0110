import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { wantsReconnect } from '../../../lib/words.ts';
import { Notice } from '../../../ui/notice.tsx';
import styles from '../app-page.module.css';
import type { RowDialog } from '../connection-actions.tsx';

interface Props {
  tool: Integration;
  connections: Connection[];
  onDialog: (dialog: RowDialog) => void;
}

const shownAiling = 3;

/** What does not work any more, with the button that mends it. */
export function AilingConnections({ tool, connections, onDialog }: Props) {
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
