import type { OAuthApp } from '@keyrail/contract/oauth';
import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../../lib/api.ts';
import { count } from '../../../lib/format.ts';
import { integrationQuery } from '../../../lib/queries.ts';
import { toastDone } from '../../../lib/toast.tsx';
import { Confirm } from '../../../ui/confirm.tsx';
import { useReturnFocus } from '../../../ui/use-return-focus.ts';
import { useConnectionsChanged } from '../use-changes.ts';
import { AddSetup } from './add-setup.tsx';
import { FormFor, methodFor } from './form-for.tsx';
import { ReplaceSecretPopup } from './replace-secret-popup.tsx';

export type SetupDialog = { kind: 'add' } | { kind: 'edit' | 'replace' | 'remove'; app: OAuthApp };

interface Props {
  dialog: SetupDialog | null;
  onClose: () => void;
}

/** The popup that is open, if any. */
export function SetupDialogs({ dialog, onClose }: Props) {
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'add':
      return <AddSetup onClose={onClose} />;
    case 'edit':
      return <EditSetup app={dialog.app} onClose={onClose} />;
    case 'replace':
      return <ReplaceSecret app={dialog.app} onClose={onClose} />;
    case 'remove':
      return <RemoveSetup app={dialog.app} onClose={onClose} />;
  }
}

function EditSetup({ app, onClose }: { app: OAuthApp; onClose: () => void }) {
  useReturnFocus();
  return (
    <Modal opened onClose={onClose} title={`Sign-in setup of ${app.integration_name}`} size={520}>
      <FormFor slug={app.integration} app={app} onClose={onClose} />
    </Modal>
  );
}

/** The popup needs to know the tool; until then nothing is shown, as it is known from the list as a rule. */
function ReplaceSecret({ app, onClose }: { app: OAuthApp; onClose: () => void }) {
  const tool = useQuery(integrationQuery(app.integration));
  const method = tool.data && methodFor(tool.data, app);
  if (tool.data === undefined || method === undefined) return null;
  return <ReplaceSecretPopup app={app} tool={tool.data} method={method} onClose={onClose} />;
}

function RemoveSetup({ app, onClose }: { app: OAuthApp; onClose: () => void }) {
  useReturnFocus();
  const changed = useConnectionsChanged();
  const name = app.integration_name;
  return (
    <Confirm
      opened
      onClose={onClose}
      title="Remove sign-in setup"
      verb="Remove"
      onConfirm={async () => {
        await api.oauthApps.remove(app.integration);
        toastDone(`The sign-in setup of ${name} was removed.`);
        changed();
      }}
    >
      <p>
        This destroys the saved client secret for <strong>{name}</strong>. Nobody can connect it by signing in
        until there is a new one.
      </p>
      <p>
        {app.connections_count === 0
          ? 'No connection was signed in under it.'
          : `${count(app.connections_count, 'connection was', 'connections were')} signed in under it: access can no longer be renewed there, and ends when the present token does.`}
      </p>
    </Confirm>
  );
}
