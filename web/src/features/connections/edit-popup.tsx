import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { ActionIcon, Input, Modal, TextInput } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { toastDone } from '../../lib/toast.tsx';
import formStyles from './connect-form.module.css';
import { FormFoot } from './connect-form.tsx';
import { CredentialFields } from './credential-fields.tsx';
import styles from './edit-popup.module.css';
import type { Saved } from './outcome.tsx';
import { fieldsOf, useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  connection: Connection;
  onClose: () => void;
  onSaved: (saved: Saved) => void;
}

/** The connection's name, and behind the edit icon a new key in place of the saved one. */
export function EditPopup({ tool, connection, onClose, onSaved }: Props) {
  const [name, setName] = useState(connection.name);
  const [isReplacing, setReplacing] = useState(connection.status === 'disconnected');
  const method = tool.auth_methods.find((one) => one.kind === connection.method);
  const fields = fieldsOf(tool, method);
  const form = useCredentialsForm(
    (credentials, saveUnverified) =>
      api.connections.update(
        connection.id,
        {
          ...(name.trim() !== connection.name && { name: name.trim() }),
          ...(isReplacing && { credentials, save_unverified: saveUnverified }),
        },
        connection.version,
      ),
    (saved) => {
      onClose();
      if (saved.verdict !== null) onSaved(saved);
      else toastDone(`Renamed to “${saved.name}”.`);
    },
    connection.fields,
  );
  const keyLabel = fields.find((field) => field.is_secret)?.label ?? 'API key';

  return (
    <Modal opened onClose={onClose} title={`Edit ${connection.name}`} size={480}>
      <form
        className={formStyles.form}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReplacing && name.trim() === connection.name) onClose();
          else void form.submit(false);
        }}
      >
        <TextInput
          label="Name your connection"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={form.error?.field('name')}
          maxLength={100}
          required
          withAsterisk={false}
          autoComplete="off"
          data-autofocus
        />
        {isReplacing ? (
          <CredentialFields
            fields={fields}
            values={form.values}
            onChange={form.setValues}
            errorOf={form.errorOf}
            keyLocation={tool.key_location}
            toolName={tool.name}
          />
        ) : (
          <Input.Wrapper label={keyLabel} labelElement="div">
            <div className={styles.saved}>
              <span className={styles.dots}>••••••••••••{connection.hint}</span>
              <ActionIcon
                onClick={() => setReplacing(true)}
                aria-label={`Replace the ${keyLabel}`}
                title={`Replace the ${keyLabel}`}
              >
                <IconPencil size={16} />
              </ActionIcon>
            </div>
          </Input.Wrapper>
        )}
        <FormFoot form={form} tool={tool} onCancel={onClose} isChecked={isReplacing} />
      </form>
    </Modal>
  );
}
