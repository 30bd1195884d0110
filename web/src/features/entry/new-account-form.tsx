import { ApiError } from '@keyrail/sdk/api-error';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, speakFor } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './entry.module.css';

const shortestPassword = 8;

/** Makes an account by an invitation, and goes in. */
export function NewAccountForm({ code }: { code: string }) {
  const [values, setValues] = useState({ name: '', email: '', password: '' });
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const fields = error instanceof ApiError ? error : undefined;
  const bind = (name: keyof typeof values) => ({
    value: values[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
      setValues({ ...values, [name]: event.currentTarget.value }),
    error: fields?.field(name),
    required: true,
    withAsterisk: false,
  });

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const joined = await api.invitations.accept({ code, ...values, email: values.email.trim() });
      speakFor(joined.joined);
      location.replace('/');
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={submit}>
      {error !== null && (fields === undefined || fields.fields.length === 0) && (
        <Notice tone="red" live title={failureOf(error).title}>
          {failureOf(error).detail !== undefined && <p>{failureOf(error).detail}</p>}
          {fields?.reason === 'account_exists' && (
            <p>
              <Link to="/sign-in" search={{ next: `/invitation?code=${encodeURIComponent(code)}` }}>
                Sign in with it
              </Link>
            </p>
          )}
        </Notice>
      )}
      <TextInput label="Your name" autoComplete="name" autoFocus {...bind('name')} />
      <TextInput label="Email" type="email" autoComplete="username" {...bind('email')} />
      <PasswordInput
        label="Password"
        description={`At least ${shortestPassword} characters. A few words in a row are easier to keep in mind.`}
        autoComplete="new-password"
        minLength={shortestPassword}
        {...bind('password')}
      />
      <Button type="submit" size="sm" loading={isBusy} fullWidth>
        Make the account and join
      </Button>
    </form>
  );
}
