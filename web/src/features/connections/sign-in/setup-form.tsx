import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { failureOf, hasCode } from '../../../lib/failure.ts';
import { CopyField } from '../../../ui/copy-field.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { SecretInput } from '../../../ui/secret-input.tsx';
import { changedDates, datesOf, FoldedDates, noDates } from '../date-fields.tsx';
import { Refused } from '../outcome.tsx';
import { useConnectionsChanged } from '../use-changes.ts';
import { Beforehand } from './beforehand.tsx';
import styles from './setup-form.module.css';
import { isWebAddress } from './window.ts';

interface Props {
  tool: Integration;
  method: AuthMethod;
  /** The setup that is there, when it is to be changed. */
  app?: OAuthApp;
  onSaved: () => void;
  onCancel?: () => void;
}

/**
 * Client id and secret of an integration, entered once for the workspace: what to register where, and what comes back from
 * there. The secret is never filled in again from the server.
 */
export function SetupForm({ tool, method, app, onSaved, onCancel }: Props) {
  const [clientId, setClientId] = useState(app?.client_id ?? '');
  const [secret, setSecret] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useConnectionsChanged();
  const [datesBefore] = useState(() =>
    app === undefined ? noDates : datesOf({ ...app, ends_at: app.client_secret_ends_at }),
  );
  const [dates, setDates] = useState(datesBefore);
  const keepsSecret = app?.client_secret_hint != null && clientId.trim() === app.client_id;

  const save = async ({ signInAgain = false, saveUnverified = false } = {}) => {
    setBusy(true);
    setError(null);
    try {
      const { ends_at: ends, rotate_at: replace } = changedDates(dates, datesBefore);
      const body = {
        client_id: clientId.trim(),
        ...(secret.trim() !== '' && { client_secret: secret.trim() }),
        ...(method.setup?.address_stamp != null && { address_stamp: method.setup.address_stamp }),
        ...(ends !== undefined && { client_secret_ends_at: ends }),
        ...(replace !== undefined && { rotate_at: replace }),
        ...(signInAgain && { sign_in_again: true }),
        ...(saveUnverified && { save_unverified: true }),
      };
      // Version 0: that there was none yet.
      await api.oauthApps.put(tool.slug, body, app?.version ?? 0);
      setSecret('');
      changed();
      onSaved();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  const fieldError = (name: string) => (error instanceof ApiError ? error.field(name) : undefined);

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      autoComplete="off"
    >
      <Beforehand tool={tool} setup={method.setup} />
      <Register tool={tool} method={method} />
      <TextInput
        label="Client ID"
        value={clientId}
        onChange={(event) => setClientId(event.currentTarget.value)}
        error={fieldError('client_id')}
        maxLength={1000}
        required
        withAsterisk={false}
        autoComplete="off"
        spellCheck={false}
      />
      <SecretInput
        label="Client secret"
        {...(keepsSecret && { placeholder: `Saved: ends in ${app.client_secret_hint}` })}
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        description={
          keepsSecret ? 'Leave it empty to keep the saved one.' : 'Kept encrypted, and never shown again.'
        }
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        error={fieldError('client_secret')}
        maxLength={4000}
        autoComplete="new-password"
        data-1p-ignore
        data-lpignore="true"
      />
      {/* A warning above leads there already. */}
      {method.setup?.warnings.length === 0 && (
        <p className="k-2 k-inline">
          <Link to="/settings/check">Check my setup</Link> says whether {tool.name} finds its way back to this
          server.
        </p>
      )}
      <FoldedDates
        dates={dates}
        onDates={setDates}
        what="client secret"
        errorOf={(date) => fieldError(date === 'ends' ? 'client_secret_ends_at' : 'rotate_at')}
      />
      {error !== null && (
        <NotSaved
          error={error}
          tool={tool}
          isBusy={isBusy}
          onAnyway={(insistence) => void save(insistence)}
        />
      )}
      <div className={styles.foot}>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" loading={isBusy}>
          {app === undefined ? 'Save sign-in setup' : 'Save'}
        </Button>
      </div>
    </form>
  );
}

interface NotSavedProps {
  error: unknown;
  tool: Integration;
  isBusy: boolean;
  onAnyway: (insistence: { signInAgain?: boolean; saveUnverified?: boolean }) => void;
}

function NotSaved({ error, tool, isBusy, onAnyway }: NotSavedProps) {
  if (hasCode(error, 'edited_meanwhile')) {
    return (
      <Notice tone="amber" live title="Somebody else changed this setup in the meantime.">
        <p>Nothing was overwritten. Close this and open it again to see theirs.</p>
      </Notice>
    );
  }
  const failure = failureOf(error);
  if (error instanceof ApiError && error.reason === 'client_id_in_use') {
    return (
      <Notice
        tone="amber"
        live
        title="Connections would have to sign in again."
        action={
          <Button
            variant="default"
            size="xs"
            loading={isBusy}
            onClick={() => onAnyway({ signInAgain: true })}
          >
            Change it anyway
          </Button>
        }
      >
        <p>{failure.detail}</p>
      </Notice>
    );
  }
  // The tool was asked about the secret.
  if (error instanceof ApiError && error.verdict !== undefined) {
    return <Refused error={error} tool={tool} onInsist={onAnyway} isBusy={isBusy} />;
  }
  return (
    <Notice tone="red" live title={failure.title}>
      <p>{failure.detail}</p>
    </Notice>
  );
}

/** What the provider has to be told before it gives out a client id and secret. */
function Register({ tool, method }: { tool: Integration; method: AuthMethod }) {
  const { setup, scopes } = method;
  const redirectId = useId();
  if (setup === null) return null;
  return (
    <ol className={styles.steps}>
      <li>
        {setup.register_url !== null && isWebAddress(setup.register_url) ? (
          <a href={setup.register_url} target="_blank" rel="noopener noreferrer">
            Register an app for {tool.name}{' '}
            <IconExternalLink size={13} className={styles.outside} aria-label="opens in a new tab" />
          </a>
        ) : (
          <>Register an app for {tool.name}.</>
        )}
        {setup.note !== null && <span className={styles.note}>{setup.note}</span>}
      </li>
      <li>
        <span id={redirectId}>Give it this redirect URI, exactly as it is:</span>
        <CopyField value={setup.redirect_uri} label="Redirect URI" />
      </li>
      {scopes.length > 0 && (
        <li>
          Allow it these scopes:
          <CopyField value={scopes.map((scope) => scope.name).join(' ')} label="Scopes" />
        </li>
      )}
      <li>Enter the client ID and client secret that {tool.name} shows for it:</li>
    </ol>
  );
}
