import type { Connection } from '@keyrail/contract/connections';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { api } from '../../lib/api.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { wantsReconnect } from '../../lib/words.ts';
import styles from './connection-actions.module.css';
import { endsSoon, reconnectVerb } from './reconnect-words.ts';
import { useConnectionsChanged } from './use-changes.ts';

export interface RowDialog {
  /** replace: the edit popup with a new key to enter. */
  kind: 'edit' | 'replace' | 'reconnect' | 'disconnect' | 'delete';
  connection: Connection;
}

interface Props {
  connection: Connection;
  onDialog: (dialog: RowDialog) => void;
}

/** The buttons on the right of a connection's row. */
export function ConnectionActions({ connection, onDialog }: Props) {
  const open = (kind: RowDialog['kind']) => () => onDialog({ kind, connection });
  const isBroken = wantsReconnect(connection.status);
  return (
    <div className={styles.actions}>
      {connection.status !== 'connected' && (
        <Button
          size="compact-sm"
          variant={isBroken || endsSoon(connection) ? 'filled' : 'default'}
          onClick={open('reconnect')}
        >
          {reconnectVerb(connection)}
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={open('edit')}>
        Edit
      </Button>
      {!connection.is_default && <MakeDefault connection={connection} />}
      {connection.status !== 'disconnected' && (
        <Button size="compact-sm" variant="default" onClick={open('disconnect')}>
          Disconnect
        </Button>
      )}
      <Tooltip label="Delete">
        <ActionIcon onClick={open('delete')} aria-label={`Delete ${connection.name}`}>
          <IconTrash size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function MakeDefault({ connection }: { connection: Connection }) {
  const [isBusy, setBusy] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const changed = useConnectionsChanged();
  const act = async () => {
    setBusy(true);
    try {
      await api.connections.makeDefault(connection.id);
      toastDone(`“${connection.name}” is the default now.`);
      // The button is not there any more for a default, and its row moves up: the focus stays in the row.
      button.current?.parentElement?.querySelector('button')?.focus();
      changed();
    } catch (error) {
      toastError(error, 'The default was not changed');
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button ref={button} size="compact-sm" variant="default" onClick={act} loading={isBusy}>
      Set as default
    </Button>
  );
}
