import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Loader, Modal, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../lib/api.ts';
import { hasCode } from '../../../lib/failure.ts';
import { keepFocus } from '../../../lib/keep-focus.ts';
import { toastDone } from '../../../lib/toast.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { SecretInput } from '../../../ui/secret-input.tsx';
import { useInSight } from '../../../ui/use-in-sight.ts';
import { useReturnFocus } from '../../../ui/use-return-focus.ts';
import formStyles from '../connect-form.module.css';
import { changedDates, FoldedDates, noDates } from '../date-fields.tsx';
import { keepChoices } from '../keep-choices.ts';
import { Refused } from '../outcome.tsx';
import { FourSteps, placed } from '../rotation-steps.tsx';
import { useConnectionsChanged } from '../use-changes.ts';

interface Props {
  app: OAuthApp;
  tool: Integration;
  method: AuthMethod;
  onClose: () => void;
}

/** A new client secret in place of the saved one: checked with the tool, then used for all connections at once. */
export function ReplaceSecretPopup(props: Props) {
  useReturnFocus();
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={`Replace the client secret of ${props.app.integration_name}`}
      size={520}
    >
      <ReplaceForm {...props} />
    </Modal>
  );
}

function ReplaceForm({ app, tool, method, onClose }: Props) {
  const [secret, setSecret] = useState('');
  const [keepHours, setKeepHours] = useState(24);
  const [dates, setDates] = useState(noDates);
  const { error, isBusy, send } = useReplacing(app, () => {
    toastDone(
      `The new client secret is in use. Now destroy the old one at ${tool.name}; nobody has to sign in again.`,
    );
    onClose();
  });
  const outcome = useInSight<HTMLDivElement>(error);
  const submit = (saveUnverified: boolean) => {
    const { ends_at: ends, rotate_at: replace } = changedDates(dates, noDates);
    return send({
      client_id: app.client_id,
      client_secret: secret.trim(),
      keep_previous_hours: keepHours,
      ...(method.setup?.address_stamp != null && { address_stamp: method.setup.address_stamp }),
      ...(ends !== undefined && { client_secret_ends_at: ends }),
      ...(replace !== undefined && { rotate_at: replace }),
      ...(saveUnverified && { save_unverified: true }),
    });
  };

  return (
    <form
      className={formStyles.form}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(false);
      }}
    >
      <SecretSteps tool={tool} method={method} done={0} />
      <SecretInput
        label="New client secret"
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        description={`For the client ID ${app.client_id}. Kept encrypted, and never shown again.`}
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        error={error?.field('client_secret')}
        maxLength={4000}
        required
        withAsterisk={false}
        autoComplete="new-password"
        data-1p-ignore
        data-lpignore="true"
        data-autofocus
      />
      <NativeSelect
        label="Keep the old client secret here"
        data={keepChoices}
        value={String(keepHours)}
        onChange={(event) => setKeepHours(Number(event.currentTarget.value))}
      />
      <FoldedDates
        dates={dates}
        onDates={setDates}
        what="client secret"
        errorOf={(date) => error?.field(date === 'ends' ? 'client_secret_ends_at' : 'rotate_at')}
      />
      <div ref={outcome} className={formStyles.outcome}>
        {error !== null && (
          <NotReplaced error={error} tool={tool} isBusy={isBusy} onAnyway={() => void submit(true)} />
        )}
      </div>
      <div className={formStyles.foot}>
        <p className={formStyles.checking} role="status">
          {isBusy && (
            <>
              <Loader size={14} /> Checking with {tool.name}…
            </>
          )}
        </p>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={isBusy || secret.trim() === ''}>
          Save
        </Button>
      </div>
    </form>
  );
}

type Body = Parameters<typeof api.oauthApps.put>[1];

/** Sends the new secret; the version says that nobody else changed the setup meanwhile. */
function useReplacing(app: OAuthApp, onDone: () => void) {
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useConnectionsChanged();
  const send = async (body: Body) => {
    const giveBack = keepFocus();
    setBusy(true);
    setError(null);
    try {
      await api.oauthApps.put(app.integration, body, app.version);
      changed();
      onDone();
    } catch (cause) {
      setError(
        cause instanceof ApiError
          ? cause
          : new ApiError({ code: 'internal', status: 0, title: String(cause) }),
      );
    } finally {
      setBusy(false);
      giveBack();
    }
  };
  return { error, isBusy, send };
}

interface NotReplacedProps {
  error: ApiError;
  tool: Integration;
  isBusy: boolean;
  onAnyway: () => void;
}

function NotReplaced({ error, tool, isBusy, onAnyway }: NotReplacedProps) {
  if (hasCode(error, 'edited_meanwhile')) {
    return (
      <Notice tone="amber" live title="Somebody else changed this setup in the meantime.">
        <p>Nothing was overwritten. Close this and open it again to see theirs.</p>
      </Notice>
    );
  }
  return <Refused error={error} tool={tool} onInsist={onAnyway} isBusy={isBusy} />;
}

interface StepsProps {
  tool: Integration;
  method: AuthMethod;
  /** How many of the four are done. */
  done: 0 | 3;
}

/** The four steps of replacing a client secret, in which nobody signs in again. */
function SecretSteps({ tool, method, done }: StepsProps) {
  const address = method.setup?.register_url ?? null;
  const place = placed(tool.name, address !== null && /^https?:/i.test(address) ? address : null);
  return (
    <FourSteps
      what="client secret"
      done={done}
      steps={[
        <>Make a new client secret in {place}. Leave the old one as it is.</>,
        <>Paste it here and save.</>,
        <>
          It is checked with {tool.name}, then used for every connection in one step. Nobody signs in again.
        </>,
        <>Destroy the old client secret in {place}.</>,
      ]}
    />
  );
}
