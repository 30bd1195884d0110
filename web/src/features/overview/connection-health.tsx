import type { ConnectedApp } from '@keyrail/contract/connections';
import { Link } from '@tanstack/react-router';
import { count } from '../../lib/format.ts';
import { severity, statusWords, type Tone } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import { AppState } from '../../ui/status.tsx';
import styles from './overview.module.css';

const shown = 6;

/** How the connected tools stand. Nothing while nothing is connected. */
export function ConnectionHealth({ apps }: { apps: ConnectedApp[] }) {
  if (apps.length === 0) return null;
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
            <AppState app={app} />
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
