import type { Connection, Withdrawal } from '@keyrail/contract/connections';
import { IconExternalLink } from '@tabler/icons-react';
import type { Tone } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { Status } from '../../ui/status.tsx';
import styles from './withdrawal.module.css';

const tones: Record<Withdrawal['state'], Tone> = {
  pending: 'grey',
  withdrawn: 'green',
  failed: 'amber',
  not_offered: 'grey',
};

/** After disconnecting what was signed in for: what became of telling the tool that access has ended. */
export function WithdrawalLine({ connection, toolName }: { connection: Connection; toolName: string }) {
  const { withdrawal } = connection;
  if (withdrawal === null) return null;
  return (
    <div className={styles.line}>
      <Status tone={tones[withdrawal.state]}>
        {withdrawal.message}{' '}
        <span className="k-2">
          <Ago at={withdrawal.at} />
        </span>
      </Status>
      <WithdrawThere withdrawal={withdrawal} toolName={toolName} />
    </div>
  );
}

/** The way to the page of the tool where a person ends the access, while it may still be open there. */
export function WithdrawThere({
  withdrawal,
  toolName,
}: {
  withdrawal: Pick<Withdrawal, 'state' | 'url'>;
  toolName: string;
}) {
  const { state, url } = withdrawal;
  if (url === null || !/^https?:/i.test(url) || (state !== 'failed' && state !== 'not_offered')) return null;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" aria-label={`Withdraw it at ${toolName}`}>
      Withdraw it there{' '}
      <IconExternalLink size={13} className={styles.outside} aria-label="opens in a new tab" />
    </a>
  );
}
