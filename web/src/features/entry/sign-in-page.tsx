import { ApiError } from '@keyrail/sdk/api-error';
import { Button, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { failureOf } from '../../lib/failure.ts';
import { duration } from '../../lib/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import styles from './entry.module.css';
import { EntryFrame } from './entry-frame.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  useCrumbs([{ label: 'Sign in' }]);
  const { next, after } = route.useSearch();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await api.session.signIn({ email: email.trim(), password });
      location.replace(innerAddress(next));
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <EntryFrame title="Sign in to Keyrail">
      {error === null && after !== undefined && <AfterNotice after={after} />}
      {error !== null && <Refusal error={error} />}
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          required
          withAsterisk={false}
          autoFocus
        />
        <SecretInput
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <Button type="submit" size="sm" loading={isBusy} fullWidth>
          Sign in
        </Button>
      </form>
    </EntryFrame>
  );
}

function AfterNotice({ after }: { after: string }) {
  if (after === 'signed-out') return <Notice tone="grey" live title="You are signed out." />;
  return (
    <Notice tone="grey" live title="Your session has ended.">
      <p>Sign in, and you are back where you were.</p>
    </Notice>
  );
}

function Refusal({ error }: { error: unknown }) {
  const failure = failureOf(error);
  if (error instanceof ApiError && error.code === 'unauthenticated') {
    return <Notice tone="red" live title={error.detail ?? 'The email or the password is not right.'} />;
  }
  if (error instanceof ApiError && error.code === 'too_many_requests') {
    const wait = error.retryAfterSeconds;
    return (
      <Notice tone="amber" live title="Too many tries.">
        <p>Wait {wait === undefined ? 'a little' : duration(wait)}, then try again.</p>
      </Notice>
    );
  }
  return (
    <Notice tone="red" live title={failure.title}>
      {failure.detail !== undefined && <p>{failure.detail}</p>}
    </Notice>
  );
}

/** Only an address of this app, never one that a link smuggled in (`//elsewhere`, `https://…`). */
function innerAddress(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next)) return '/';
  const target = new URL(next, location.origin);
  return target.origin === location.origin ? target.pathname + target.search + target.hash : '/';
}
