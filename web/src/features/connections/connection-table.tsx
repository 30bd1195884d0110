import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { useState } from 'react';
import { count } from '../../lib/format.ts';
import { Ago } from '../../ui/ago.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import { ConnectionState } from '../../ui/status.tsx';
import { ConnectionActions, type RowDialog } from './connection-actions.tsx';
import styles from './connection-table.module.css';
import { DeletePopup, DisconnectPopup } from './delete-popup.tsx';
import { EditPopup } from './edit-popup.tsx';
import type { Saved } from './outcome.tsx';
import { ReconnectPopup } from './reconnect-popup.tsx';

interface Props {
  tool: Integration;
  connections: Connection[];
  onOpen: (id: string) => void;
  onSaved: (saved: Saved) => void;
  mayChange: boolean;
}

/** The connections of one tool; the default one first, then by name. */
export function ConnectionTable({ tool, connections, onOpen, onSaved, mayChange }: Props) {
  const [dialog, setDialog] = useState<RowDialog | null>(null);
  const sorted = [...connections].sort(
    (one, other) => Number(other.is_default) - Number(one.is_default) || one.name.localeCompare(other.name),
  );
  const shared = { tool, onClose: () => setDialog(null) };
  return (
    <Section title={count(connections.length, 'connection')}>
      <table className={`${list.table} ${styles.table}`}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Status</th>
            <th scope="col">Last used</th>
            <th scope="col" className={list.right}>
              <span className={styles.hidden}>Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((connection) => (
            <ConnectionRow
              key={connection.id}
              connection={connection}
              onOpen={onOpen}
              onDialog={setDialog}
              mayChange={mayChange}
            />
          ))}
        </tbody>
      </table>
      {dialog?.kind === 'edit' && <EditPopup {...shared} connection={dialog.connection} onSaved={onSaved} />}
      {dialog?.kind === 'reconnect' && (
        <ReconnectPopup {...shared} connection={dialog.connection} onSaved={onSaved} />
      )}
      {dialog?.kind === 'disconnect' && <DisconnectPopup {...shared} connection={dialog.connection} />}
      {dialog?.kind === 'delete' && <DeletePopup {...shared} connection={dialog.connection} />}
    </Section>
  );
}

interface RowProps {
  connection: Connection;
  onOpen: (id: string) => void;
  onDialog: (dialog: RowDialog) => void;
  mayChange: boolean;
}

function ConnectionRow({ connection, onOpen, onDialog, mayChange }: RowProps) {
  return (
    <tr className={styles.row}>
      <td className={styles.name}>
        <button type="button" className={styles.open} onClick={() => onOpen(connection.id)}>
          {connection.name}
        </button>
        {connection.is_default && <span className={list.badge}>Default</span>}
        <span className={styles.account}>{whoIs(connection)}</span>
      </td>
      <td className={styles.status}>
        <ConnectionState status={connection.status} reason={connection.status_reason} />
      </td>
      <td className={`k-2 k-num ${styles.used}`}>
        {connection.last_used_at === null ? (
          'Not used yet'
        ) : (
          <>
            Used <Ago at={connection.last_used_at} />
          </>
        )}
        <span className={styles.by}>
          {connection.dependents_count > 0 && `Used by ${count(connection.dependents_count, 'column')}`}
        </span>
      </td>
      <td className={styles.actions}>
        {mayChange && <ConnectionActions connection={connection} onDialog={onDialog} />}
      </td>
    </tr>
  );
}

/** Whom the key belongs to, as far as the tool tells. */
function whoIs({ account, hint }: Connection): string {
  if (account?.name != null) return `Connected as ${account.name}`;
  return hint === null ? 'Account not known' : `Key ending in ${hint}`;
}
