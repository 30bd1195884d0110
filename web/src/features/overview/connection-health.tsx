import type { ConnectedApp, Connection } from '@keyrail/contract/connections';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { count } from '../../lib/format.ts';
import { watchedConnectionsQuery } from '../../lib/queries.ts';
import { severity, statusWords, type Tone } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import { ConnectionState, Status } from '../../ui/status.tsx';
import styles from './overview.module.css';

const shown = 6;
const soonMs = 30 * 86_400_000;

/** How the connected tools stand, and what ends when. Nothing while nothing is connected. */
export function ConnectionHealth({ apps }: { apps: ConnectedApp[] }) {
  if (apps.length === 0) return null;
  const names = new Map(apps.map((app) => [app.integration, app.name]));
  const sorted = [...apps].sort(
    (one, other) =>
      severity(other.worst_status) - severity(one.worst_status) ||
      (other.last_used_at ?? '').localeCompare(one.last_used_at ?? '') ||
      one.integration.localeCompare(other.integration),
  );
  return (
    <Section
      title="Connections"
      about={<Summary apps={apps} />}
      actions={<Link to="/settings/connections">See all</Link>}
    >
      <div className={list.box}>
        {sorted.slice(0, shown).map((app) => (
          <Link
            key={app.integration}
            to="/settings/connections/$slug"
            params={{ slug: app.integration }}
            className={`${list.row} ${styles.app}`}
          >
            <IntegrationIcon size={28} icon={app.icon} />
            <span className={styles.appName}>
              <span className={list.name}>{app.name}</span>{' '}
              <span className="k-2 k-num">{count(app.connection_count, 'connection')}</span>
            </span>
            <ConnectionState status={app.worst_status} />
            <span className={`k-2 ${styles.appUsed}`}>
              {app.last_used_at === null ? (
                'Not used yet'
              ) : (
                <>
                  Used <Ago at={app.last_used_at} />
                </>
              )}
            </span>
          </Link>
        ))}
      </div>
      <EndingSoon nameOf={(slug) => names.get(slug) ?? slug} />
    </Section>
  );
}

/** "4 tools, 7 connections: 3 tools work, 1 needs attention" */
function Summary({ apps }: { apps: ConnectedApp[] }) {
  const total = apps.reduce((sum, app) => sum + app.connection_count, 0);
  const toneOf = (app: ConnectedApp): Tone => statusWords[app.worst_status].tone;
  const ailing = apps.filter((app) => toneOf(app) !== 'green').length;
  const words =
    ailing === 0 ? 'All of them work.' : `${count(ailing, 'tool needs', 'tools need')} attention.`;
  return (
    <>
      {count(apps.length, 'tool')}, {count(total, 'connection')}. {words}
    </>
  );
}

/** Certificates, secrets and keys with a known end within 30 days, the nearest first. */
function EndingSoon({ nameOf }: { nameOf: (slug: string) => string }) {
  const connections = useQuery(watchedConnectionsQuery);
  const ending = (connections.data ?? [])
    .filter((connection) => endsSoon(connection))
    .sort((one, other) => (one.expires_at ?? '').localeCompare(other.expires_at ?? ''));
  if (ending.length === 0) return null;
  return (
    <>
      <h3 className={styles.sub}>Ends soon</h3>
      <ul className={`${list.box} ${styles.ending}`}>
        {ending.slice(0, shown).map((connection) => (
          <li key={connection.id} className={list.row}>
            <Link
              className={list.grow}
              to="/settings/connections/$slug"
              params={{ slug: connection.integration }}
              search={{ open: connection.id }}
            >
              {connection.name} <span className="k-2">{nameOf(connection.integration)}</span>
            </Link>
            <Status tone="amber">
              Ends <Ago at={connection.expires_at} />
            </Status>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A sign-in's tokens renew themselves; what counts is what somebody has to replace. */
function endsSoon({ expires_at: at, method, status }: Connection): boolean {
  if (at === null || method === 'oauth2' || status === 'disconnected') return false;
  const left = Date.parse(at) - Date.now();
  return left > 0 && left < soonMs;
}
