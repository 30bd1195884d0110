import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import type { RowDialog } from './connection-actions.tsx';
import { DeletePopup, DisconnectPopup } from './delete-popup.tsx';
import { EditPopup } from './edit-popup.tsx';
import type { Saved } from './outcome.tsx';
import { ReconnectPopup } from './reconnect-popup.tsx';

interface Props {
  tool: Integration;
  connections: Connection[];
  dialog: RowDialog | null;
  onDialog: (dialog: RowDialog | null) => void;
  onSaved: (saved: Saved) => void;
}

/** What the buttons of a row open. */
export function ConnectionDialogs({ tool, connections, dialog, onDialog, onSaved }: Props) {
  if (dialog === null) return null;
  const { kind, connection } = dialog;
  const shared = { key: connection.id, tool, connection, onClose: () => onDialog(null) };
  switch (kind) {
    case 'edit':
      return (
        <EditPopup
          {...shared}
          onSaved={onSaved}
          onReconnect={() => onDialog({ kind: 'reconnect', connection })}
        />
      );
    case 'reconnect':
      return <ReconnectPopup {...shared} onSaved={onSaved} />;
    case 'disconnect':
      return <DisconnectPopup {...shared} />;
    case 'delete':
      return <DeletePopup {...shared} others={connections.filter((one) => one.id !== connection.id)} />;
  }
}
