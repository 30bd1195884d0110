import type { ConnectionRequest } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { connectionRequestsQuery } from '../lib/people-queries.ts';
import { useHelpContact, useMay } from '../lib/use-role.ts';
import { Ago } from './ago.tsx';
import { Notice } from './notice.tsx';
import { RequestConnectionPopup } from './request-connection-popup.tsx';

interface Props {
  /** The tool whose page it is; left out where no single one is meant. */
  tool?: { slug: string; name: string } | undefined;
  /** The tool has no connection yet. */
  hasNone?: boolean;
  /** The page itself is not shown, rather than read only. */
  isHidden?: boolean;
}

/**
 * For editors and viewers on the pages of connections: why they cannot change anything, whom to ask and, for editors, a
 * way to ask for a connection. Nothing for owners and admins.
 */
export function ManagersOnly({ tool, hasNone = false, isHidden = false }: Props) {
  const mayManage = useMay('admin');
  const mayAsk = useMay('editor');
  const contact = useHelpContact();
  const [isAsking, setAsking] = useState(false);
  const requests = useQuery({ ...connectionRequestsQuery, enabled: mayAsk && !mayManage });
  const own = requests.data?.data ?? [];
  const hasAsked = own.some((one) => one.integration === tool?.slug && one.state === 'open');
  if (mayManage) return null;
  return (
    <>
      <Notice
        tone="grey"
        title="You need the Admin or Owner role to manage integrations."
        action={
          mayAsk &&
          !hasAsked && (
            <Button variant="default" onClick={() => setAsking(true)}>
              {tool === undefined ? 'Ask for a connection' : `Ask for ${tool.name}`}
            </Button>
          )
        }
      >
        <p>
          {whatCanBeSeen(isHidden, hasNone ? tool : undefined)}{' '}
          {mayAsk && isHidden && 'You can use them in columns all the same. '}Ask {contact}.
        </p>
        {mayAsk && <OwnRequest own={own} slug={tool?.slug} />}
      </Notice>
      {mayAsk && <RequestConnectionPopup tool={tool} opened={isAsking} onClose={() => setAsking(false)} />}
    </>
  );
}

function whatCanBeSeen(isHidden: boolean, unconnected: { name: string } | undefined): string {
  if (isHidden) return 'This workspace shows its connections to owners and admins only.';
  return unconnected === undefined
    ? 'You can see these connections, but not change them.'
    : `${unconnected.name} is not connected yet. You can see what it does, but not connect it.`;
}

/** What became of what the person asked for last. */
function OwnRequest({ own, slug }: { own: readonly ConnectionRequest[]; slug: string | undefined }) {
  if (slug === undefined) {
    const open = own.filter((one) => one.state === 'open').length;
    if (open === 0) return null;
    return <p>{open === 1 ? 'One request of yours is open.' : `${open} requests of yours are open.`}</p>;
  }
  const last = own.find((one) => one.integration === slug);
  if (last === undefined || last.state === 'done') return null;
  if (last.state === 'open') {
    return (
      <p>
        You asked for it <Ago at={last.created_at} />. An owner or admin sees the request.
      </p>
    );
  }
  return (
    <p>
      {last.decided_by} declined your request <Ago at={last.decided_at} />.
    </p>
  );
}
