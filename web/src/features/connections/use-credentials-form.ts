import type { Connection } from '@keyrail/contract/connections';
import type { Verdict } from '@keyrail/contract/verdicts';
import { ApiError } from '@keyrail/sdk/api-error';
import { useState } from 'react';
import { keepFocus } from '../../lib/keep-focus.ts';
import { useConnectionsChanged } from './use-changes.ts';

/** What a change answers with; without a check there is no verdict. */
export type Changed = Connection & { verdict: Verdict | null; notes: readonly string[] };

/** What the person said to a remark of the check. */
export interface Insistence {
  /** Save although the check could not be made. */
  saveUnverified?: boolean;
  /** Go on although the credentials belong to another account than before. */
  acceptOtherAccount?: boolean;
}

type Values = Record<string, string>;

/**
 * A form that ends in a check at the tool. `send` makes the request with what was entered; what comes back is the
 * outcome to show.
 */
export function useCredentialsForm(
  send: (values: Values, insistence: Insistence) => Promise<Changed>,
  onSaved: (changed: Changed) => void,
  initial: Values = {},
) {
  const [values, setEntered] = useState(initial);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useConnectionsChanged();

  const submit = async (insistence: Insistence = {}) => {
    const giveBack = keepFocus();
    setBusy(true);
    setError(null);
    try {
      const answer = await send(filled(values), insistence);
      // The secret leaves the page's memory with the form.
      setEntered(initial);
      changed();
      onSaved(answer);
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

  const setValues = (next: Values) => {
    setEntered(next);
    // What was said about the input before is not about this one.
    if (error !== null && error.fields.length > 0) setError(null);
  };
  const reset = () => {
    setEntered(initial);
    setError(null);
  };
  const errorOf = (name: string) => error?.field(`credentials.${name}`);
  return { values, setValues, error, setError, isBusy, submit, errorOf, reset };
}

export type CredentialsForm = ReturnType<typeof useCredentialsForm>;

function filled(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}
