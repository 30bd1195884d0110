import type { Connection, Dependent } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { count } from '../../lib/format.ts';
import { dependentsQuery } from '../../lib/queries.ts';
import { toastDone } from '../../lib/toast.tsx';
import { severity } from '../../lib/words.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useConnectionsChanged } from './use-changes.ts';

interface Props {
  tool: Pick<Integration, 'name'>;
  connection: Connection;
  onClose: () => void;
}

const isKey = (connection: Connection) => connection.method === 'api_key' || connection.method === 'basic';
const secretOf = (connection: Connection) => (connection.method === 'oauth2' ? 'sign-in' : 'key');

const byHealth = (one: Connection, other: Connection): number =>
  severity(one.status) - severity(other.status);

/** Removes a connection for good. Of the default one it asks which takes its place. */
export function DeletePopup({ tool, connection, others, onClose }: Props & { others: Connection[] }) {
  const changed = useConnectionsChanged();
  // One that works, where there is one.
  const [heir, setHeir] = useState(() => [...others].sort(byHealth)[0]?.id);
  const needsHeir = connection.is_default && heir !== undefined;
  return (
    <Confirm
      opened
      onClose={onClose}
      title={isKey(connection) ? 'Delete custom key' : 'Delete connection'}
      verb="Delete"
      onConfirm={async () => {
        await api.connections.remove(connection.id, needsHeir ? heir : undefined);
        toastDone(`“${connection.name}” was deleted.`);
        changed();
      }}
    >
      <p>
        This destroys the saved {secretOf(connection)} of <strong>{connection.name}</strong> ({tool.name}) and
        cannot be undone.
      </p>
      {connection.method === 'oauth2' && connection.status !== 'disconnected' && <ToldThere tool={tool} />}
      {needsHeir && (
        <NativeSelect
          label="Which connection becomes the default?"
          description="Columns that use the default go on with that one."
          data={others.map((other) => ({ value: other.id, label: other.name }))}
          value={heir}
          onChange={(event) => setHeir(event.currentTarget.value as Connection['id'])}
        />
      )}
      <UsedBy
        connection={connection}
        after={
          needsHeir
            ? 'go on with the new default, or stop at the next run where it is chosen by name'
            : 'stop at the next run, until another connection is chosen there'
        }
      />
    </Confirm>
  );
}

/** Destroys the secret and keeps the connection, so that new credentials heal everything. */
export function DisconnectPopup({ tool, connection, onClose }: Props) {
  const changed = useConnectionsChanged();
  const isSignIn = connection.method === 'oauth2';
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Disconnect ${tool.name}`}
      verb="Disconnect"
      onConfirm={async () => {
        const { withdrawal } = await api.connections.disconnect(connection.id);
        toastDone([`“${connection.name}” is disconnected.`, withdrawal?.message].filter(Boolean).join(' '));
        changed();
      }}
    >
      <p>
        This destroys the saved {secretOf(connection)} of <strong>{connection.name}</strong>. Its name and
        place stay: Reconnect {isSignIn ? 'by signing in again' : 'with a new key'}, and everything works
        again.
      </p>
      {isSignIn && <ToldThere tool={tool} />}
      <UsedBy connection={connection} after="stop at the next run until then" />
    </Confirm>
  );
}

function ToldThere({ tool }: Pick<Props, 'tool'>) {
  return <p>{tool.name} is told that this access has ended, where it offers that.</p>;
}

/** What uses a connection, before something happens to it. */
function UsedBy({ connection, after }: { connection: Connection; after: string }) {
  const dependents = useQuery(dependentsQuery(connection.id));
  if (dependents.isPending) return <Skeleton width="70%" />;
  if (dependents.isError) return <p>What uses it could not be loaded; columns that do will stop.</p>;
  const all = dependents.data.data;
  if (all.length === 0) return <p className="k-2">Nothing uses it at present.</p>;
  return (
    <>
      <p>
        {count(all.length, 'column uses', 'columns use')} it and will {after}:
      </p>
      <ul>
        {all.slice(0, 8).map((dependent) => (
          <li key={dependent.id}>{nameOf(dependent)}</li>
        ))}
        {all.length > 8 && <li>and {count(all.length - 8, 'other')}</li>}
      </ul>
    </>
  );
}

function nameOf(dependent: Dependent): string {
  return dependent.table_name === null ? dependent.name : `${dependent.name} in ${dependent.table_name}`;
}
