import type { OAuthApp } from '@keyrail/contract/oauth';
import { Button } from '@mantine/core';
import { dayOfMoment, daysLeft, shortDay } from '../../../lib/dates.ts';
import { expiryTone } from '../../../lib/expiry-words.ts';
import { count } from '../../../lib/format.ts';
import { Ago } from '../../../ui/ago.tsx';
import { ToolIcon } from '../../../ui/integration-icon.tsx';
import list from '../../../ui/list.module.css';
import { Status } from '../../../ui/status.tsx';
import styles from '../setups-page.module.css';
import { PreviousSecret } from './previous-secret.tsx';
import type { SetupDialog } from './setup-dialogs.tsx';

interface Props {
  app: OAuthApp;
  onDialog: (dialog: SetupDialog) => void;
}

/** One setup, with what can be done about it. */
export function SetupRow({ app, onDialog }: Props) {
  const name = app.integration_name;
  return (
    <li className={`${list.row} ${styles.setup}`}>
      <ToolIcon slug={app.integration} name={name} />
      <span className={styles.name}>
        <span className={list.name}>{name}</span>
        {app.problem === null ? (
          <span className={styles.quiet}>{count(app.connections_count, 'connection')}</span>
        ) : (
          <Status tone="red">Refused by {name}</Status>
        )}
      </span>
      <span className={styles.client}>
        <span className="k-mono">{app.client_id}</span>
        <span className={styles.quiet}>
          {app.client_secret_hint === null ? 'Secret saved' : `Secret ending in ${app.client_secret_hint}`}
        </span>
        <SecretDates app={app} />
      </span>
      <span className={styles.quiet}>
        {app.set_up_by === 'operator' ? 'Set up by whoever runs this server' : <Updated app={app} />}
      </span>
      <span className={styles.buttons}>
        {app.set_up_by === 'workspace' && (
          <>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onDialog({ kind: 'replace', app })}
              aria-label={`Replace secret of ${name}`}
            >
              Replace secret
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onDialog({ kind: 'edit', app })}
              aria-label={`Edit the sign-in setup of ${name}`}
            >
              Edit
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onDialog({ kind: 'remove', app })}
              aria-label={`Remove the sign-in setup of ${name}`}
            >
              Remove
            </Button>
          </>
        )}
      </span>
      {app.set_up_by === 'workspace' && <PreviousSecret app={app} />}
    </li>
  );
}

/** When the client secret ends, and when people want it replaced. */
function SecretDates({ app: { client_secret_ends_at: ends, rotate_at: replace } }: { app: OAuthApp }) {
  return (
    <span className={styles.dates}>
      {ends !== null && (
        <Status tone={expiryTone({ at: ends, kind: 'client_secret' })}>
          Ends {shortDay(dayOfMoment(ends))} ({daysLeft(ends).toLowerCase()})
        </Status>
      )}
      {replace !== null && (
        <Status tone={expiryTone({ at: replace, kind: 'rotation' })}>
          Replace by {shortDay(dayOfMoment(replace))} ({daysLeft(replace).toLowerCase()})
        </Status>
      )}
    </span>
  );
}

function Updated({ app }: { app: OAuthApp }) {
  return (
    <>
      Changed <Ago at={app.updated_at} never="at an unknown time" />
      {app.updated_by !== null && ` by ${app.updated_by}`}
    </>
  );
}
