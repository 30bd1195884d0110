import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Modal } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import styles from './connect-form.module.css';
import { EnterCredentials } from './enter-credentials.tsx';
import { MethodChoice } from './method-choice.tsx';
import { askedFor, methodOf, methodsOf } from './methods.ts';
import type { Saved } from './outcome.tsx';
import { ConnectBySignIn } from './sign-in/connect-by-sign-in.tsx';
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
        credentials: askedFor(tool, method, credentials),
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
          <ConnectBySignIn
            tool={tool}
            method={method}
            form={form}
            control={signIn}
            verb="Connect with OAuth"
            subject={{ connection: connection.id }}
            ticked={[...(connection.granted_scopes ?? []), ...connection.missing_scopes]}
            onCancel={close}
          />
        ) : (
          <EnterCredentials tool={tool} method={method} form={form} onCancel={close} mayChangeAccount />
        )}
      </div>
    </Modal>
  );
}
