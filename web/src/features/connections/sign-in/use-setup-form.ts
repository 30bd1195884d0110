import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { ApiError } from '@keyrail/sdk/api-error';
import { useState } from 'react';
import { api } from '../../../lib/api.ts';
import { changedDates, datesOf, noDates } from '../date-fields.tsx';
import { useConnectionsChanged } from '../use-changes.ts';
import type { Insistence } from './setup-not-saved.tsx';

/** What is entered of a sign-in setup, and saving it. `app`: the one that is there. */
export function useSetupForm(
  tool: Integration,
  method: AuthMethod,
  app: OAuthApp | undefined,
  onSaved: () => void,
) {
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

  const save = async ({ signInAgain = false, saveUnverified = false }: Insistence = {}) => {
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
  return {
    clientId,
    setClientId,
    secret,
    setSecret,
    dates,
    setDates,
    keepsSecret,
    error,
    fieldError,
    isBusy,
    save,
  };
}
