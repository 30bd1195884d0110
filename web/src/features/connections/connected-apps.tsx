import type { ConnectedApp } from '@keyrail/contract/connections';
import { Button } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { count, number } from '../../lib/format.ts';
import { severity, wantsReconnect } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { AppState } from '../../ui/status.tsx';
import styles from './connections.module.css';

const stepSize = 60;

/** One line per tool; what needs attention comes first. */
export function ConnectedApps({ apps, limit }: { apps: ConnectedApp[]; limit?: number }) {
  const [shown, setShown] = useState(stepSize);
  const sorted = [...apps].sort(
    (one, other) =>
      severity(other.worst_status) - severity(one.worst_status) ||
      (other.last_used_at ?? '').localeCompare(one.last_used_at ?? '') ||
      one.integration.localeCompare(other.integration),
  );
  return (
    <>
      <div className={list.box}>
        {sorted.slice(0, limit ?? shown).map((app) => (
          <AppLine key={app.integration} app={app} />
        ))}
      </div>
      {limit === undefined && sorted.length > shown && (
        <div className={styles.more}>
          <Button variant="default" onClick={() => setShown(shown + stepSize)}>
            Show more
          </Button>
          <span className="k-2 k-num">
            {number(shown)} of {number(sorted.length)}
          </span>
        </div>
      )}
    </>
  );
}

function AppLine({ app }: { app: ConnectedApp }) {
  return (
    <Link
      to="/settings/connections/$slug"
      params={{ slug: app.integration }}
      className={`${list.row} ${styles.app}`}
    >
      <IntegrationIcon icon={app.icon} />
      <span className={styles.appName}>
        <span className={list.name}>{app.name}</span>
        <span className="k-2 k-num">{count(app.connection_count, 'connection')}</span>
      </span>
      <span className={styles.appStatus}>
        <AppState app={app} />
      </span>
      <span className={`k-2 ${styles.appUsed}`}>
        {app.last_used_at === null ? (
          'Not used yet'
        ) : (
          <>
            Used <Ago at={app.last_used_at} />
          </>
        )}
      </span>
      {wantsReconnect(app.worst_status) ? (
        <span className={styles.todo}>Reconnect</span>
      ) : (
        <IconChevronRight size={16} className={styles.go} aria-hidden />
      )}
    </Link>
  );
}
