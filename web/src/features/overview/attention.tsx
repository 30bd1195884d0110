import type { Connection } from '@keyrail/contract/connections';
import type { OAuthApp } from '@keyrail/contract/oauth';
import type { Run } from '@keyrail/contract/runs';
import { Button } from '@mantine/core';
import { IconTable } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  connectedAppsQuery,
  failedWithdrawalsQuery,
  oauthAppsQuery,
  watchedConnectionsQuery,
} from '../../lib/queries.ts';
import { useMay, useSeesConnections } from '../../lib/use-role.ts';
import { runWords, severity, statusWords, wantsReconnect } from '../../lib/words.ts';
import { IntegrationIcon, plainIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import { Status } from '../../ui/status.tsx';
import { LeftOpen, RefusedSetup } from './attention-lines.tsx';
import styles from './overview.module.css';

const shown = 6;

/** Connections that do not work as they should, and runs that wait for somebody. Nothing when all is well. */
export function Attention({ runs }: { runs: Run[] }) {
  const seesConnections = useSeesConnections();
  const mayManage = useMay('admin');
  const connections = useQuery({ ...watchedConnectionsQuery, enabled: seesConnections });
  const apps = useQuery({ ...oauthAppsQuery, enabled: mayManage });
  const withdrawals = useQuery({ ...failedWithdrawalsQuery, enabled: mayManage });
  const refused = (apps.data?.data ?? []).filter((app) => app.problem !== null);
  const leftOpen = withdrawals.data?.data ?? [];
  const ailing = (connections.data ?? [])
    .filter((connection) => connection.status !== 'connected' && !isByRefused(connection, refused))
    .sort((one, other) => severity(other.status) - severity(one.status));
  const stuck = runs.filter(
    (run) => run.state === 'waiting' || run.state === 'paused' || run.state === 'failed',
  );
  if (refused.length + ailing.length + stuck.length + leftOpen.length === 0) return null;
  return (
    <Section title="Needs attention">
      <div className={list.box}>
        {refused.slice(0, shown).map((app) => (
          <RefusedSetup key={`${app.integration} ${app.set_up_by}`} app={app} />
        ))}
        {stuck.slice(0, shown).map((run) => (
          <StuckRun key={run.id} run={run} />
        ))}
        {ailing.slice(0, shown).map((connection) => (
          <Ailing key={connection.id} connection={connection} />
        ))}
        {leftOpen.slice(0, shown).map((entry) => (
          <LeftOpen key={entry.id} entry={entry} />
        ))}
      </div>
    </Section>
  );
}

/** Waits for the sign-in setup of its tool, which has a line of its own: nobody mends it by signing in. */
function isByRefused({ integration, method, status }: Connection, refused: readonly OAuthApp[]): boolean {
  if (status === 'revoked' || status === 'disconnected') return false;
  return method === 'oauth2' && refused.some((app) => app.integration === integration);
}

function StuckRun({ run }: { run: Run }) {
  const said = runWords[run.state];
  return (
    <div className={`${list.row} ${styles.attention}`}>
      <IconTable size={20} aria-hidden />
      <span className={list.name}>{run.column_name}</span>
      <Button
        size="compact-sm"
        variant="default"
        renderRoot={(props) => <Link to="/tables/$tableId" params={{ tableId: run.table_id }} {...props} />}
      >
        Open
      </Button>
      <span className={styles.reason}>
        <Status tone={said.tone}>{run.message ?? said.words}</Status>
      </span>
    </div>
  );
}

function Ailing({ connection }: { connection: Connection }) {
  const mayChange = useMay('admin');
  const isEnding = connection.status === 'expiring_soon';
  const canReconnect = mayChange && (isEnding || wantsReconnect(connection.status));
  const verb = !isEnding ? 'Reconnect' : connection.method === 'oauth2' ? 'Sign in again' : 'Replace…';
  const apps = useQuery(connectedAppsQuery);
  const app = apps.data?.find((one) => one.integration === connection.integration);
  const name = app?.name ?? connection.integration;
  return (
    <div className={`${list.row} ${styles.attention}`}>
      <IntegrationIcon size={28} icon={app?.icon ?? plainIcon(name)} />
      <span>
        <span className={list.name}>{name}</span> <span className={styles.reason}>{connection.name}</span>
      </span>
      <Button
        size="compact-sm"
        variant="default"
        renderRoot={(props) => (
          <Link
            to="/settings/connections/$slug"
            params={{ slug: connection.integration }}
            search={{ [!canReconnect ? 'open' : isEnding ? 'replace' : 'reconnect']: connection.id }}
            {...props}
          />
        )}
      >
        {canReconnect ? verb : 'Open'}
      </Button>
      <span className={styles.reason}>
        <Status tone={statusWords[connection.status].tone}>
          {connection.status_reason ?? statusWords[connection.status].words}
        </Status>
      </span>
    </div>
  );
}
