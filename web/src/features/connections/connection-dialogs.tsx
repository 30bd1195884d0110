import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { useReturnFocus } from '../../ui/use-return-focus.ts';
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
export function ConnectionDialogs(props: Props) {
  return props.dialog === null ? null : <OpenDialog {...props} dialog={props.dialog} />;
}

function OpenDialog({ tool, connections, dialog, onDialog, onSaved }: Props & { dialog: RowDialog }) {
  useReturnFocus();
  const { kind, connection } = dialog;
  const shared = { tool, connection, onClose: () => onDialog(null) };
  switch (kind) {
    case 'edit':
    case 'replace':
      return (
        <EditPopup
          {...shared}
          startsReplacing={kind === 'replace'}
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
