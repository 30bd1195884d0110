import type { Connection } from '@keyrail/contract/connections';
import { Button, VisuallyHidden } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { count } from '../../lib/format.ts';
import { useMay } from '../../lib/use-role.ts';
import { Empty } from '../../ui/empty.tsx';
import { IntegrationIcon, plainIcon } from '../../ui/integration-icon.tsx';
import lists from '../../ui/list.module.css';
import { Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { GoneConnectionDrawer } from './connection-drawer.tsx';
import rows from './connection-table.module.css';
import { DeletePopup } from './delete-popup.tsx';
import styles from './gone-app.module.css';

const route = getRouteApi('/app/settings/connections/$slug');

/** An app whose catalog file is gone or broken: its connections are kept, and can be deleted. */
export function GoneApp({ slug, connections }: { slug: string; connections: readonly Connection[] }) {
  const mayChange = useMay('admin');
  const [deleted, setDeleted] = useState<Connection | null>(null);
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const show = (id: string | undefined) => void navigate({ search: { open: id }, replace: true });
  return (
    <Page title={slug} mark={<IntegrationIcon icon={plainIcon(slug)} size={40} />}>
      <Notice
        tone="amber"
        title={`The catalog has no “${slug}” any more`}
        action={mayChange && <CheckSetup />}
      >
        <p>
          Its file is gone or has a mistake. Its connections are kept as they are, and work again once the
          file is back and the server was started again.
        </p>
      </Notice>
      <div className={styles.kept}>
        <Section title={count(connections.length, 'connection')}>
          <table className={lists.table}>
            <thead>
              <tr>
                <th>Name</th>
                <th>Key</th>
                <th>Used by</th>
                {mayChange && (
                  <th className={lists.right}>
                    <VisuallyHidden>Actions</VisuallyHidden>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {connections.map((connection) => (
                <tr key={connection.id}>
                  <td>
                    <button type="button" className={rows.open} onClick={() => show(connection.id)}>
                      {connection.name}
                    </button>
                  </td>
                  <td className={styles.short}>{connection.hint === null ? '–' : `…${connection.hint}`}</td>
                  <td className={styles.short}>
                    {connection.dependents_count === 0 ? '–' : count(connection.dependents_count, 'column')}
                  </td>
                  {mayChange && (
                    <td className={lists.right}>
                      <Button
                        variant="default"
                        onClick={() => setDeleted(connection)}
                        aria-label={`Delete ${connection.name}`}
                      >
                        Delete
                      </Button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      </div>
      <GoneConnectionDrawer
        connection={connections.find(({ id }) => id === open)}
        onClose={() => show(undefined)}
      />
      {deleted !== null && (
        <DeletePopup
          tool={{ name: slug }}
          connection={deleted}
          others={connections.filter(({ id }) => id !== deleted.id)}
          onClose={() => setDeleted(null)}
        />
      )}
    </Page>
  );
}

/** Names the files with a mistake. */
function CheckSetup() {
  return (
    <Button variant="default" renderRoot={(props) => <Link to="/settings/check" {...props} />}>
      Check my setup
    </Button>
  );
}

/** An address with the name of nothing, as of a file that was left out before anybody connected it. */
export function NoSuchApp({ slug }: { slug: string }) {
  return (
    <Page title="Connections">
      <Empty
        icon={<IconPlugConnectedX size={20} />}
        title={`There is no integration “${slug}”`}
        actions={
          <Button variant="default" renderRoot={(props) => <Link to="/settings/connections" {...props} />}>
            Show all integrations
          </Button>
        }
      >
        It may have another name here, or its catalog file has a mistake and was left out.
      </Empty>
    </Page>
  );
}
