import type { Connection } from '@keyrail/contract/connections';
import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { keepFocus } from '../../lib/keep-focus.ts';
import { eventsQuery } from '../../lib/queries.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { Ago } from '../../ui/ago.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { methodOf, secretName } from './methods.ts';
import styles from './rotation.module.css';
import { linkOf, lower, placed, RotationSteps } from './rotation-steps.tsx';
import { TokenState } from './token-state.tsx';
import { useConnectionsChanged } from './use-changes.ts';

interface Props {
  tool: Integration;
  connection: Connection;
  mayChange: boolean;
}

/** The credential in use and, while it can be gone back to, the one before: what becomes of it, and when. */
export function Credentials({ tool, connection, mayChange }: Props) {
  const method = methodOf(tool, connection);
  const previous = connection.previous_credential;
  const isRolledBack = useRolledBack(connection);
  return (
    <>
      <dl className={styles.keys}>
        <div className={styles.key}>
          <dt>Current</dt>
          <dd>
            <KeyWords connection={connection} method={method} />
          </dd>
        </div>
        {previous !== null && (
          <div className={styles.key}>
            <dt>Previous</dt>
            <dd>
              <Hint hint={previous.hint} method={method} />
              <p className="k-2">
                {isRolledBack ? 'Rolled back from it' : 'Replaced'} <Ago at={previous.replaced_at} />.
                Destroyed here by itself <Ago at={previous.destroyed_at} />.
              </p>
              {mayChange && (
                <PreviousKeyButtons tool={tool} connection={connection} isRolledBack={isRolledBack} />
              )}
            </dd>
          </div>
        )}
      </dl>
      {previous !== null && !isRolledBack && mayChange && method?.kind !== 'oauth2' && (
        <div style={{ marginTop: 8 }}>
          <RotationSteps tool={tool} method={method} done={3} />
        </div>
      )}
    </>
  );
}

/** Whether the last change went back: then the previous credential is the newer one, and there is nothing to revoke for it. */
function useRolledBack({ id, previous_credential: previous }: Connection): boolean {
  const events = useInfiniteQuery({ ...eventsQuery(id), enabled: previous !== null });
  const all = events.data?.pages.flatMap((page) => page.data) ?? [];
  const last = all.find(({ kind }) => kind === 'rotated' || kind === 'rolled_back' || kind === 'reconnected');
  return last?.kind === 'rolled_back';
}

function KeyWords({ connection, method }: { connection: Connection; method: AuthMethod | undefined }) {
  if (connection.status === 'disconnected') return <>None: it was destroyed when this was disconnected.</>;
  if (method?.kind === 'oauth2') {
    return (
      <>
        Signed in{connection.account?.name != null && <> as {connection.account.name}</>}.
        <TokenState connection={connection} />
      </>
    );
  }
  return (
    <>
      <Hint hint={connection.hint} method={method} />
      <TokenState connection={connection} />
    </>
  );
}

function Hint({ hint, method }: { hint: string | null; method: AuthMethod | undefined }) {
  if (hint === null) return <>{secretName(method)}</>;
  return <span className="k-mono">••••{hint}</span>;
}

interface ButtonsProps {
  tool: Integration;
  connection: Connection;
  isRolledBack?: boolean;
}

/** One click back, and one to make sure that nobody can go back. */
function PreviousKeyButtons({ tool, connection, isRolledBack = false }: ButtonsProps) {
  const [isDestroying, setDestroying] = useState(false);
  return (
    <div className={styles.buttons}>
      <RollBack connection={connection} verb={isRolledBack ? 'Use it again' : 'Roll back'} />
      <Button size="compact-sm" variant="default" onClick={() => setDestroying(true)}>
        {/* After going back it is the newer one that waits to be destroyed. */}
        {isRolledBack ? 'Destroy it now' : 'Destroy the old key now'}
      </Button>
      <DestroyPrevious
        tool={tool}
        connection={connection}
        isRolledBack={isRolledBack}
        opened={isDestroying}
        onClose={() => setDestroying(false)}
      />
    </div>
  );
}

/** Takes the key that was replaced last back into use, while it is still kept. */
function RollBack({ connection, verb }: { connection: Connection; verb: string }) {
  const [isBusy, setBusy] = useState(false);
  const changed = useConnectionsChanged();
  const act = async () => {
    const giveBack = keepFocus();
    setBusy(true);
    try {
      await api.connections.rollback(connection.id);
      toastDone(
        verb === 'Roll back' ? 'Rolled back: the key before is in use again.' : 'It is in use again.',
      );
      changed();
    } catch (error) {
      toastError(error, 'Not rolled back');
    } finally {
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
    >
      {verb}
    </Button>
  );
}

interface DestroyProps extends Required<ButtonsProps> {
  opened: boolean;
  onClose: () => void;
}

/** For a key that leaked: gone here at once. At the tool somebody has to revoke it. */
function DestroyPrevious({ tool, connection, isRolledBack, opened, onClose }: DestroyProps) {
  const changed = useConnectionsChanged();
  const method = methodOf(tool, connection);
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title={isRolledBack ? 'Destroy the other key now' : 'Destroy the old key now'}
      verb="Destroy"
      onConfirm={async () => {
        await api.connections.destroyPrevious(connection.id);
        toastDone('It is destroyed here.');
        changed();
      }}
    >
      <p>
        Keyrail forgets the {isRolledBack ? 'other' : 'old'} {lower(secretName(method))} of{' '}
        <strong>{connection.name}</strong> for good; there is no going back to it after that. The current one
        goes on working.
      </p>
      <p>It stays valid in {placed(tool.name, linkOf(method))} until it is revoked there.</p>
    </Confirm>
  );
}

/** Right after a replacement: what is left to do. */
export function AfterReplacement({ tool, connection }: { tool: Integration; connection: Connection }) {
  const previous = connection.previous_credential;
  const method = methodOf(tool, connection);
  if (previous === null || method?.kind === 'oauth2') return null;
  return (
    <>
      <p>
        Now revoke the old {lower(secretName(method))}
        {previous.hint !== null && <span className="k-mono"> ••••{previous.hint}</span>} in{' '}
        {placed(tool.name, linkOf(method))}. Until it is destroyed here, <Ago at={previous.destroyed_at} />,
        you can roll back.
      </p>
      <PreviousKeyButtons tool={tool} connection={connection} />
    </>
  );
}
