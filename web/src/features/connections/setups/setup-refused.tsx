import type { OAuthApp } from '@keyrail/contract/oauth';
import { Button } from '@mantine/core';
import { count } from '../../../lib/format.ts';
import { useHelpContact } from '../../../lib/use-role.ts';
import { Ago } from '../../../ui/ago.tsx';
import { Notice } from '../../../ui/notice.tsx';
import styles from '../setups-page.module.css';
import type { SetupDialog } from './setup-dialogs.tsx';

interface Props {
  app: OAuthApp;
  onDialog: (dialog: SetupDialog) => void;
}

/** A setup that its tool refuses: said once, for all its connections. */
export function SetupRefused({ app, onDialog }: Props) {
  const contact = useHelpContact();
  if (app.problem === null) return null;
  const isOurs = app.set_up_by === 'workspace';
  return (
    <div className={styles.refused}>
      <Notice
        tone="red"
        title={app.problem.message}
        action={
          isOurs && (
            <Button size="compact-sm" onClick={() => onDialog({ kind: 'edit', app })}>
              Enter it anew
            </Button>
          )
        }
      >
        <p>
          Since <Ago at={app.problem.since} />. {waiting(app.connections_count)}{' '}
          {isOurs
            ? `Look up client ID and secret at ${app.integration_name} and enter them here; nobody has to sign in again.`
            : `It was set up by whoever runs this server: ask them, or ${contact}.`}
        </p>
      </Notice>
    </div>
  );
}

function waiting(connections: number): string {
  if (connections === 0) return 'No connection depends on it yet.';
  return connections === 1
    ? 'One connection waits for it.'
    : `${count(connections, 'connection')} wait for it.`;
}
