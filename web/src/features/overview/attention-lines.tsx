import type { OAuthApp } from '@keyrail/contract/oauth';
import type { WithdrawalEntry } from '@keyrail/contract/withdrawals';
import { Button, CloseButton } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../../lib/api.ts';
import { count } from '../../lib/format.ts';
import { failedWithdrawalsQuery } from '../../lib/queries.ts';
import { toastError } from '../../lib/toast.tsx';
import { Ago } from '../../ui/ago.tsx';
import { ToolIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Status } from '../../ui/status.tsx';
import styles from './overview.module.css';

/** Access that may still be open at a tool, after its connection was disconnected or deleted here. */
export function LeftOpen({ entry }: { entry: WithdrawalEntry }) {
  const client = useQueryClient();
  const { integration_name: tool, url, connection_name: name, account } = entry;
  const dismiss = async () => {
    try {
      await api.withdrawals.dismiss(entry.id);
    } catch (error) {
      toastError(error, 'Not dismissed');
    }
    await client.invalidateQueries({ queryKey: failedWithdrawalsQuery.queryKey });
  };
  return (
    <div className={`${list.row} ${styles.attention}`}>
      <ToolIcon size={28} slug={entry.integration} name={tool} />
      <span>
        <span className={list.name}>{tool}</span>{' '}
        <span className={styles.reason}>{[name, account].filter(Boolean).join(' · ')}</span>
      </span>
      <span className={styles.buttons}>
        {url !== null && /^https?:/i.test(url) && (
          <Button
            size="compact-sm"
            variant="default"
            rightSection={<IconExternalLink size={13} aria-label="opens in a new tab" />}
            renderRoot={(props) => <a href={url} target="_blank" rel="noopener noreferrer" {...props} />}
          >
            Withdraw it there
          </Button>
        )}
        <CloseButton
          size="sm"
          onClick={() => void dismiss()}
          aria-label={`Dismiss: access at ${tool}`}
          title="Dismiss"
        />
      </span>
      <span className={styles.reason}>
        <Status tone="amber">
          {entry.message}{' '}
          <span className="k-2">
            <Ago at={entry.created_at} />
          </span>
        </Status>
      </span>
    </div>
  );
}

/** A sign-in setup that its tool refuses: one line for all the connections that wait for it. */
export function RefusedSetup({ app }: { app: OAuthApp }) {
  const waiting = app.connections_count;
  return (
    <div className={`${list.row} ${styles.attention}`}>
      <ToolIcon size={28} slug={app.integration} name={app.integration_name} />
      <span>
        <span className={list.name}>{app.integration_name}</span>{' '}
        <span className={styles.reason}>Sign-in setup</span>
      </span>
      <Button
        size="compact-sm"
        variant="default"
        renderRoot={(props) => <Link to="/settings/sign-in-setups" {...props} />}
      >
        Open
      </Button>
      <span className={styles.reason}>
        <Status tone="red">
          {app.problem?.message}{' '}
          {waiting > 0 && (
            <span className="k-2">{count(waiting, 'connection waits', 'connections wait')} for it.</span>
          )}
        </Status>
      </span>
    </div>
  );
}
