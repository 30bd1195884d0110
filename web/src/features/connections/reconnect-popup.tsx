import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Modal } from '@mantine/core';
import { api } from '../../lib/api.ts';
import styles from './connect-form.module.css';
import { FormFoot } from './connect-form.tsx';
import { CredentialFields } from './credential-fields.tsx';
import type { Saved } from './outcome.tsx';
import { fieldsOf, useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  connection: Connection;
  onClose: () => void;
  onSaved: (saved: Saved) => void;
}

/** New credentials for the same connection: its name, place and what uses it stay. */
export function ReconnectPopup({ tool, connection, onClose, onSaved }: Props) {
  const method = tool.auth_methods.find((one) => one.kind === connection.method);
  const form = useCredentialsForm(
    (credentials, saveUnverified) =>
      api.connections.reconnect(connection.id, { credentials, save_unverified: saveUnverified }),
    (saved) => {
      onClose();
      onSaved(saved);
    },
    connection.fields,
  );
  return (
    <Modal opened onClose={onClose} title={`Reconnect ${connection.name}`} size={480}>
      <form
        className={styles.form}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(false);
        }}
      >
        {connection.status_reason !== null && <p className="k-2">{connection.status_reason}</p>}
        <CredentialFields
          fields={fieldsOf(tool, method)}
          values={form.values}
          onChange={form.setValues}
          errorOf={form.errorOf}
          keyLocation={tool.key_location}
          toolName={tool.name}
        />
        <FormFoot form={form} tool={tool} onCancel={onClose} />
      </form>
    </Modal>
  );
}
