import { ApiError } from '@keyrail/sdk/api-error';
import { type ChangeEvent, type FormEvent, useState } from 'react';

/** What every new account is asked. */
export interface AccountValues {
  name: string;
  email: string;
  password: string;
}

export interface AccountForm<Values extends AccountValues> {
  /** The error of the form as a whole; those of its fields stand at them. */
  error: unknown;
  isBusy: boolean;
  /** What binds an input to its value and to what is wrong with it. */
  bind: (name: keyof Values & string) => {
    value: string;
    onChange: (event: ChangeEvent<HTMLInputElement>) => void;
    error: string | undefined;
    required: true;
    withAsterisk: false;
  };
  onSubmit: (event: FormEvent) => void;
}

/** A form that ends in an account: `send` makes it, and the app begins anew as that person. */
export function useAccountForm<Values extends AccountValues & Record<keyof Values, string>>(
  empty: Values,
  send: (values: Values) => Promise<void>,
): AccountForm<Values> {
  const [values, setValues] = useState(empty);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const refused = error instanceof ApiError ? error : undefined;
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await send({ ...values, email: values.email.trim() });
      location.replace('/');
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  return {
    error: refused !== undefined && refused.fields.length > 0 ? null : error,
    isBusy,
    bind: (name) => ({
      value: values[name],
      onChange: (event) => setValues({ ...values, [name]: event.currentTarget.value }),
      error: refused?.field(name),
      required: true,
      withAsterisk: false,
    }),
    onSubmit: (event) => {
      event.preventDefault();
      void submit();
    },
  };
}
