import type { AuthMethod, CredentialField, Integration } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import { ApiError } from '@keyrail/sdk/api-error';
import { useState } from 'react';
import { useConnectionsChanged } from './use-changes.ts';

/** The fields to fill for a method: first where (subdomain, region), then the secret. */
export function fieldsOf(tool: Integration, method: AuthMethod | undefined): CredentialField[] {
  return [...tool.connection_fields, ...(method?.fields ?? [])];
}

export const methodsOf = (tool: Integration): AuthMethod[] =>
  tool.auth_methods.filter((method) => method.is_available);

/** What a change answers with; without a check there is no verdict. */
interface Answer {
  name: string;
  verdict?: Verdict | null;
  notes?: string[];
}

export interface Changed {
  name: string;
  verdict: Verdict | null;
  notes: readonly string[];
}

/**
 * A form that ends in a check at the tool. `send` makes the request with what was entered; what comes back is the
 * outcome to show.
 */
export function useCredentialsForm(
  send: (values: Record<string, string>, saveUnverified: boolean) => Promise<Answer>,
  onSaved: (changed: Changed) => void,
  initial: Record<string, string> = {},
) {
  const [values, setValues] = useState(initial);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useConnectionsChanged();

  const submit = async (saveUnverified: boolean) => {
    setBusy(true);
    setError(null);
    try {
      const { name, verdict = null, notes = [] } = await send(filled(values), saveUnverified);
      // The secret leaves the page's memory with the form.
      setValues(initial);
      changed();
      onSaved({ name, verdict, notes });
    } catch (cause) {
      setError(
        cause instanceof ApiError
          ? cause
          : new ApiError({ code: 'internal', status: 0, title: String(cause) }),
      );
    } finally {
      setBusy(false);
    }
  };

  const errorOf = (name: string) => error?.field(`credentials.${name}`);
  return { values, setValues, error, isBusy, submit, errorOf };
}

function filled(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
