import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import { Button } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { toastError } from '../../lib/toast.tsx';
import { Notice } from '../../ui/notice.tsx';
import styles from './connection-drawer.module.css';
import { connectedAs, NextStep, OwnWords } from './outcome.tsx';
import { useConnectionsChanged } from './use-changes.ts';

/** Makes the check at once and says how it went. */
export function CheckNow({ connection, tool }: { connection: Connection; tool: Integration }) {
  const [isBusy, setBusy] = useState(false);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const changed = useConnectionsChanged();
  const check = async () => {
    setBusy(true);
    setVerdict(null);
    try {
      const answer = await api.connections.verify(connection.id);
      setVerdict(answer.verdict);
    } catch (error) {
      toastError(error, 'The check could not be made');
    } finally {
      // Also what kept it from being made may be told by the connection's status now.
      changed();
      setBusy(false);
    }
  };
  return (
    <>
      <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={check} disabled={isBusy}>
        {isBusy ? `Checking with ${tool.name}…` : 'Check now'}
      </Button>
      {verdict !== null && (
        <div className={styles.checked}>
          <Notice
            live
            tone={verdict.kind === 'ok' ? 'green' : 'amber'}
            title={verdict.kind === 'ok' ? connectedAs(verdict, connection, tool.name) : verdict.message}
          >
            {verdict.kind !== 'ok' && <NextStep verdict={verdict} />}
            <OwnWords verdict={verdict} tool={tool} />
          </Notice>
        </div>
      )}
    </>
  );
}
