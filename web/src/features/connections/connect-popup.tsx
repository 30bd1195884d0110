import type { Integration } from '@keyrail/contract/integrations';
import { Modal } from '@mantine/core';
import { ConnectForm } from './connect-form.tsx';
import type { Saved } from './outcome.tsx';

interface Props {
  tool: Integration;
  opened: boolean;
  onClose: () => void;
  onSaved: (saved: Saved) => void;
}

/** "Add connection" once a tool has one already. */
export function ConnectPopup({ tool, opened, onClose, onSaved }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Add connection to ${tool.name}`} size={520}>
      <ConnectForm
        tool={tool}
        isPopup
        onCancel={onClose}
        onSaved={(saved) => {
          onClose();
          onSaved(saved);
        }}
      />
    </Modal>
  );
}
