import type { OAuthApp } from '@keyrail/contract/oauth';
import { Button } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../../lib/api.ts';
import { keepFocus } from '../../../lib/keep-focus.ts';
import { toastDone, toastError } from '../../../lib/toast.tsx';
import { Ago } from '../../../ui/ago.tsx';
import { Confirm } from '../../../ui/confirm.tsx';
import styles from '../setups-page.module.css';
import { useConnectionsChanged } from '../use-changes.ts';

/** The replaced client secret, while it can be gone back to: when it is destroyed, and two ways to decide before. */
export function PreviousSecret({ app }: { app: OAuthApp }) {
  const [isDestroying, setDestroying] = useState(false);
  const changed = useConnectionsChanged();
  const { previous_secret: previous, integration_name: name } = app;
  if (previous === null) return null;
  return (
    <div className={styles.previous}>
      <p>
        The client secret before
        {previous.hint !== null && <span className="k-mono"> ••••{previous.hint}</span>} was replaced{' '}
        <Ago at={previous.replaced_at} />. It is destroyed here by itself <Ago at={previous.destroyed_at} />.{' '}
        At {name} somebody has to do so.
      </p>
      <RollBack app={app} />
      <Button size="compact-sm" variant="default" onClick={() => setDestroying(true)}>
        Destroy the old key now
      </Button>
      <Confirm
        opened={isDestroying}
        onClose={() => setDestroying(false)}
        title="Destroy the old key now"
        verb="Destroy"
        onConfirm={async () => {
          await api.oauthApps.destroyPrevious(app.integration);
          toastDone('It is destroyed here.');
          changed();
        }}
      >
        <p>
          Keyrail forgets the client secret that <strong>{name}</strong> had before, for good; there is no
          going back to it after that. The current one goes on working.
        </p>
        <p>It stays valid at {name} until it is destroyed there.</p>
      </Confirm>
    </div>
  );
}

function RollBack({ app }: { app: OAuthApp }) {
  const [isBusy, setBusy] = useState(false);
  const changed = useConnectionsChanged();
  const act = async () => {
    const giveBack = keepFocus();
    setBusy(true);
    try {
      await api.oauthApps.rollback(app.integration);
      toastDone('Rolled back: the client secret before is in use again.');
    } catch (error) {
      toastError(error, 'Not rolled back');
    } finally {
      changed();
      setBusy(false);
      giveBack();
    }
  };
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconArrowBackUp size={14} />}
      onClick={act}
      loading={isBusy}
      aria-label={`Roll back the client secret of ${app.integration_name}`}
    >
      Roll back
    </Button>
  );
}
