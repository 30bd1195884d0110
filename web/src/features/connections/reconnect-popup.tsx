import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { ApiError } from '@keyrail/sdk/api-error';
import { Modal } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import styles from './connect-form.module.css';
import { EnteredFields, FormFoot } from './connect-form.tsx';
import { CredentialFields } from './credential-fields.tsx';
import { MethodChoice } from './method-choice.tsx';
import { methodOf, methodsOf } from './methods.ts';
import type { Saved } from './outcome.tsx';
import { OAuthConnect } from './sign-in/oauth-connect.tsx';
import { useSignedIn } from './sign-in/use-signed-in.ts';
import { useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  connection: Connection;
  onClose: () => void;
  onSaved: (saved: Saved) => void;
}

/** New credentials, or a new sign-in, for the same connection: its name, place and what uses it stay. */
export function ReconnectPopup({ tool, connection, onClose, onSaved }: Props) {
  const methods = methodsOf(tool);
  const [chosen, setChosen] = useState(methodOf(tool, connection)?.id);
  const method = methods.find((one) => one.id === chosen) ?? methodOf(tool, connection);
  const saved = (done: Saved) => {
    onClose();
    onSaved(done);
  };
  const form = useCredentialsForm(
    (credentials, { saveUnverified = false, acceptOtherAccount = false }) =>
      api.connections.reconnect(connection.id, {
        ...(method !== undefined && { method: method.id }),
        credentials,
        save_unverified: saveUnverified,
        accept_other_account: acceptOtherAccount,
      }),
    saved,
    connection.fields,
  );
  const signIn = useSignedIn(tool, saved);
  const close = () => {
    signIn.stop();
    onClose();
  };
  const signInError = signIn.state.kind === 'refused' ? signIn.state.error : null;

  return (
    <Modal opened onClose={close} title={`Reconnect ${connection.name}`} size={480}>
      <div className={styles.form}>
        {connection.status !== 'connected' && connection.status_reason !== null && (
          <p className="k-2">{connection.status_reason}</p>
        )}
        {method !== undefined && (
          <MethodChoice
            methods={methods}
            chosen={method.id}
            onChoose={(id) => {
              setChosen(id);
              form.reset();
              signIn.stop();
            }}
          />
        )}
        {method?.kind === 'oauth2' ? (
          <OAuthConnect
            tool={tool}
            method={method}
            control={signIn}
            verb="Connect with OAuth"
            onCancel={close}
            onBegin={(optionalScopes, acceptOtherAccount) =>
              signIn.begin({
                integration: tool.slug,
                method: method.id,
                connection: connection.id,
                fields: form.values,
                optional_scopes: optionalScopes,
                accept_other_account: acceptOtherAccount,
              })
            }
          >
            <CredentialFields
              fields={tool.connection_fields}
              values={form.values}
              onChange={form.setValues}
              errorOf={(field) =>
                signInError instanceof ApiError ? signInError.field(`fields.${field}`) : undefined
              }
              keyLocation={null}
              toolName={tool.name}
            />
          </OAuthConnect>
        ) : (
          <form
            className={styles.form}
            autoComplete="off"
            onSubmit={(event) => {
              event.preventDefault();
              void form.submit();
            }}
          >
            <EnteredFields tool={tool} method={method} form={form} />
            <FormFoot form={form} tool={tool} onCancel={close} mayChangeAccount />
          </form>
        )}
      </div>
    </Modal>
  );
}
