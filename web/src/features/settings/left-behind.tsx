import type { Leaving } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTool } from '../../lib/tools.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './members.module.css';

export type WhoLeft = Leaving & { name: string };

/** The connections somebody signed in for, each with its tool's name. */
export function ConnectionNames({
  connections,
  isLinked,
}: Pick<Leaving, 'connections'> & { isLinked: boolean }) {
  return (
    <ul className={styles.connections}>
      {connections.map((one) => (
        <li key={one.id}>
          {isLinked ? (
            <Link
              to="/settings/connections/$slug"
              params={{ slug: one.integration }}
              search={{ open: one.id }}
            >
              <ToolName slug={one.integration} /> – {one.name}
            </Link>
          ) : (
            <>
              <ToolName slug={one.integration} /> – {one.name}
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function ToolName({ slug }: { slug: string }) {
  return useTool(slug)?.name ?? slug;
}

/** After somebody was removed: what somebody else should sign in to. */
export function LeftBehind({ left, onClose }: { left: WhoLeft; onClose: () => void }) {
  return (
    <Notice
      tone="amber"
      live
      title={`${left.name} signed in for ${left.connections.length === 1 ? 'this connection' : 'these connections'}. Sign in or enter a key anew.`}
      action={
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
      }
    >
      <ConnectionNames connections={left.connections} isLinked />
    </Notice>
  );
}
