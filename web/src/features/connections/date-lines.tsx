import type { Connection } from '@keyrail/contract/connections';
import { Button } from '@mantine/core';
import { dayOfMoment, daysLeft, shortDay } from '../../lib/dates.ts';
import { expiryTone } from '../../lib/expiry-words.ts';
import { Status } from '../../ui/status.tsx';
import type { RowDialog } from './connection-actions.tsx';
import styles from './rotation.module.css';

interface Props {
  connection: Connection;
  /** Left out for those who may not change it. */
  onDialog: ((kind: RowDialog['kind']) => void) | undefined;
}

/** When the credential ends and when people want it replaced, with the way to do so. */
export function DateLines({ connection, onDialog }: Props) {
  const { ends_at: entered, expires_at: known, rotate_at: replace, method, status } = connection;
  if (status === 'disconnected') return null;
  const isSignIn = method === 'oauth2';
  // A sign-in's tokens renew themselves: their end is told above.
  const ends = isSignIn ? entered : known;
  const hasDate = ends !== null || replace !== null;
  if (!hasDate && onDialog === undefined) return null;
  return (
    <>
      {hasDate && (
        <dl className={`${styles.keys} ${styles.below}`}>
          {ends !== null && (
            <DateLine name="Ends" at={ends} kind="key">
              {ends === entered ? 'Entered by hand.' : 'As the tool or the key itself says.'}
            </DateLine>
          )}
          {replace !== null && (
            <DateLine name="Replace by" at={replace} kind="rotation">
              Nothing stops then.
            </DateLine>
          )}
        </dl>
      )}
      {onDialog !== undefined && (
        <div className={styles.buttons}>
          {!isSignIn && (
            <Button size="compact-sm" variant="default" onClick={() => onDialog('replace')}>
              Replace…
            </Button>
          )}
          <Button size="compact-sm" variant="default" onClick={() => onDialog('edit')}>
            {hasDate ? 'Change dates' : 'Set dates'}
          </Button>
        </div>
      )}
    </>
  );
}

interface LineProps {
  name: string;
  at: string;
  kind: 'key' | 'rotation';
  /** Who says so, or what happens then. */
  children: React.ReactNode;
}

function DateLine({ name, at, kind, children }: LineProps) {
  return (
    <div className={styles.key}>
      <dt>{name}</dt>
      <dd>
        <Status tone={expiryTone({ at, kind })}>
          <time dateTime={at}>{shortDay(dayOfMoment(at))}</time> ({daysLeft(at).toLowerCase()})
        </Status>
        <p className="k-2">{children}</p>
      </dd>
    </div>
  );
}
