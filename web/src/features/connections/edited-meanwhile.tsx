import type { Connection } from '@keyrail/contract/connections';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { Notice } from '../../ui/notice.tsx';

interface Props {
  /** The connection as this person saw it. */
  base: Connection;
  onTheirs: (theirs: Connection) => void;
}

/** Two people edit one connection: the second is told what is there now, and decides. */
export function EditedMeanwhile({ base, onTheirs }: Props) {
  const theirs = useQuery({
    queryKey: ['connections', 'now', base.id, base.version],
    queryFn: () => api.connections.get(base.id),
    staleTime: 0,
  });
  return (
    <Notice
      tone="amber"
      live
      title="Somebody else changed this connection while you had it open. Nothing of theirs was overwritten, and nothing of yours is saved."
    >
      {theirs.data !== undefined && <p>{differences(base, theirs.data)}</p>}
      {theirs.isError && <p>What is there now could not be loaded. Close this and open it again.</p>}
      <Button
        variant="default"
        mt={8}
        loading={theirs.isPending}
        disabled={theirs.data === undefined}
        onClick={() => theirs.data !== undefined && onTheirs(theirs.data)}
      >
        Go on from what is there now
      </Button>
    </Notice>
  );
}

function differences(before: Connection, now: Connection): string {
  const said = [
    before.name !== now.name && `it is called “${now.name}”`,
    before.hint !== now.hint && (now.hint === null ? 'it has another key' : `its key ends in ${now.hint}`),
    before.status !== 'disconnected' && now.status === 'disconnected' && 'it is disconnected',
    before.is_default !== now.is_default && (now.is_default ? 'it is the default' : 'it is not the default'),
  ].filter((one) => one !== false);
  return said.length === 0 ? 'Its key or settings changed.' : `Now ${said.join(', ')}.`;
}
