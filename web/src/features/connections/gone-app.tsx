import type { Connection } from '@keyrail/contract/connections';
import { Button, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../lib/use-role.ts';
import lists from '../../ui/list.module.css';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { DeletePopup } from './delete-popup.tsx';

/** An app whose catalog file is gone or broken: its connections are kept, and can be deleted. */
export function GoneApp({ slug, connections }: { slug: string; connections: readonly Connection[] }) {
  const mayChange = useMay('admin');
  const [deleted, setDeleted] = useState<Connection | null>(null);
  return (
    <Page title={slug}>
      <Notice tone="amber" title={`The catalog has no “${slug}” any more`}>
        <p>
          Its file is gone or broken. Its connections are kept as they are, and work again when the file is
          back and the server was started again. “Check my setup” names files with a problem.
        </p>
      </Notice>
      <table className={lists.table}>
        <thead>
          <tr>
            <th>Connection</th>
            <th>Key</th>
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
              <td>{connection.name}</td>
              <td>{connection.hint === null ? '–' : `…${connection.hint}`}</td>
              {mayChange && (
                <td className={lists.right}>
                  <Button variant="default" onClick={() => setDeleted(connection)}>
                    Delete
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
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
