import { ApiError } from '@keyrail/sdk/api-error';
import type { CreatedToken, Scope } from '@keyrail/sdk/shapes';
import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { tokensQuery } from '../../lib/queries.ts';
import { MadeOncePopup } from '../../ui/made-once-popup.tsx';
import { Notice } from '../../ui/notice.tsx';
import styles from './settings.module.css';

/** The scopes that have something to open today, in plain words. */
const scopes: { scope: Scope; words: string }[] = [
  { scope: 'tables:read', words: 'Read tables and export them' },
  { scope: 'tables:write', words: 'Change tables, columns and rows; import' },
  { scope: 'runs:write', words: 'Start and stop runs' },
  { scope: 'integrations:read', words: 'List integrations' },
  { scope: 'connections:read', words: 'List connections and their status' },
  { scope: 'connections:use', words: 'Use connections, without reading their keys' },
  { scope: 'connections:write', words: 'Add, change and delete connections' },
  {
    scope: 'credentials:read',
    words: 'Read the keys and access tokens of connections; each reading is logged',
  },
  { scope: 'audit:read', words: 'Read the audit log' },
  { scope: 'workspace:admin', words: 'Manage the workspace and its tokens' },
];

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: 'never', label: 'Never' },
];

export function CreateTokenPopup(popup: { opened: boolean; onClose: () => void }) {
  return (
    <MadeOncePopup<CreatedToken>
      {...popup}
      title="Create token"
      form={(form) => <TokenForm {...form} />}
      shown={({ token }) => ({
        title: 'Your new token',
        about: 'Keep it as you keep a password.',
        label: 'The token',
        secret: token,
      })}
    />
  );
}

function TokenForm({
  onCreated,
  onCancel,
}: {
  onCreated: (token: CreatedToken) => void;
  onCancel: () => void;
}) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>(['tables:read']);
  const [lifetime, setLifetime] = useState<string | null>('90');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const fields = error instanceof ApiError ? error : undefined;

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const days = lifetime === 'never' || lifetime === null ? null : Number(lifetime);
      onCreated(
        await api.tokens.create({ name: name.trim(), scopes: chosen as Scope[], expires_in_days: days }),
      );
      void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
      void client.invalidateQueries({ queryKey: ['expiries'] });
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput
        label="Name"
        placeholder="Nightly export"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fields?.field('name')}
        maxLength={100}
        required
        withAsterisk={false}
        data-autofocus
      />
      <Checkbox.Group label="It may" value={chosen} onChange={setChosen} error={fields?.field('scopes')}>
        <div className={styles.scopes}>
          {scopes.map(({ scope, words }) => (
            <Checkbox key={scope} size="xs" value={scope} label={words} />
          ))}
        </div>
      </Checkbox.Group>
      <Select label="Expires after" data={lifetimes} value={lifetime} onChange={setLifetime} w={160} />
      {error !== null && fields?.fields.length !== 1 && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={isBusy} disabled={chosen.length === 0}>
          Create token
        </Button>
      </div>
    </form>
  );
}
