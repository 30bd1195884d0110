import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { Button, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { SecretInput } from '../../../ui/secret-input.tsx';
import { FoldedDates } from '../date-fields.tsx';
import { Beforehand } from './beforehand.tsx';
import { RegisterApp } from './register-app.tsx';
import styles from './setup-form.module.css';
import { SetupNotSaved } from './setup-not-saved.tsx';
import { useSetupForm } from './use-setup-form.ts';

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
  const entered = useSetupForm(tool, method, app, onSaved);
  const { clientId, secret, dates, error, fieldError, isBusy, save } = entered;

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
      <RegisterApp tool={tool} method={method} />
      <TextInput
        label="Client ID"
        value={clientId}
        onChange={(event) => entered.setClientId(event.currentTarget.value)}
        error={fieldError('client_id')}
        maxLength={1000}
        required
        withAsterisk={false}
        autoComplete="off"
        spellCheck={false}
      />
      <SecretInput
        label="Client secret"
        {...(entered.keepsSecret && { placeholder: `Saved: ends in ${app?.client_secret_hint}` })}
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        description={
          entered.keepsSecret
            ? 'Leave it empty to keep the saved one.'
            : 'Kept encrypted, and never shown again.'
        }
        value={secret}
        onChange={(event) => entered.setSecret(event.currentTarget.value)}
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
        onDates={entered.setDates}
        what="client secret"
        errorOf={(date) => fieldError(date === 'ends' ? 'client_secret_ends_at' : 'rotate_at')}
      />
      {error !== null && (
        <SetupNotSaved
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
