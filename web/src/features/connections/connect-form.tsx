import type { AuthMethodKind, Integration } from '@keyrail/contract/integrations';
import { Button, Loader, Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './connect-form.module.css';
import { CredentialFields } from './credential-fields.tsx';
import { Refused, type Saved } from './outcome.tsx';
import { fieldsOf, methodsOf, useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  onSaved: (saved: Saved) => void;
  onCancel?: () => void;
  /** In a popup the first field takes the focus. */
  isPopup?: boolean;
}

/** A new connection: named, checked with the tool, then saved. */
export function ConnectForm({ tool, onSaved, onCancel, isPopup = false }: Props) {
  const methods = methodsOf(tool);
  const [kind, setKind] = useState<AuthMethodKind | undefined>(methods[0]?.kind);
  const [name, setName] = useState('');
  const method = methods.find((one) => one.kind === kind);
  const form = useCredentialsForm(
    (credentials, saveUnverified) =>
      api.connections.create({
        integration: tool.slug,
        ...(name.trim() !== '' && { name: name.trim() }),
        ...(kind !== undefined && { method: kind }),
        credentials,
        save_unverified: saveUnverified,
      }),
    onSaved,
  );

  if (method === undefined) return <Unavailable tool={tool} />;
  return (
    <form
      className={styles.form}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void form.submit(false);
      }}
    >
      {methods.length > 1 && (
        <Radio.Group
          label="How to connect"
          value={method.kind}
          onChange={(value) => setKind(value as AuthMethodKind)}
        >
          <Stack gap={8} mt={4}>
            {methods.map((one) => (
              <Radio
                key={one.kind}
                value={one.kind}
                label={one.label}
                description={one.when_to_use}
                size="xs"
              />
            ))}
          </Stack>
        </Radio.Group>
      )}
      <TextInput
        label="Name your connection"
        placeholder="Our main key"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={form.error?.field('name')}
        maxLength={100}
        autoComplete="off"
        data-autofocus={isPopup || undefined}
      />
      <CredentialFields
        fields={fieldsOf(tool, method)}
        values={form.values}
        onChange={form.setValues}
        errorOf={form.errorOf}
        keyLocation={tool.key_location}
        toolName={tool.name}
      />
      <FormFoot form={form} tool={tool} {...(onCancel && { onCancel })} />
    </form>
  );
}

interface FootProps {
  form: ReturnType<typeof useCredentialsForm>;
  tool: Integration;
  onCancel?: () => void;
  /** False where saving makes no check, as for a new name alone. */
  isChecked?: boolean;
}

/** The outcome of the check, right above the button that asked for it. */
export function FormFoot({ form, tool, onCancel, isChecked = true }: FootProps) {
  return (
    <>
      {form.error !== null && (
        <Refused
          error={form.error}
          tool={tool}
          onSaveAnyway={() => void form.submit(true)}
          isBusy={form.isBusy}
        />
      )}
      <div className={styles.foot}>
        <p className={styles.checking} role="status">
          {form.isBusy && (
            <>
              <Loader size={14} /> {isChecked ? `Checking with ${tool.name}…` : 'Saving…'}
            </>
          )}
        </p>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" disabled={form.isBusy}>
          Save
        </Button>
      </div>
    </>
  );
}

function Unavailable({ tool }: { tool: Integration }) {
  return (
    <Notice tone="grey" title={`This version of Keyrail cannot connect ${tool.name} yet.`}>
      <p>
        It connects by {tool.auth_methods.map((method) => method.label).join(' or ')}, which is not available
        on this server.
      </p>
    </Notice>
  );
}
