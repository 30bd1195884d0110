import type { Connection } from '@keyrail/contract/connections';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { connectionQuery } from '../../../lib/queries.ts';
import type { RowDialog } from '../connection-actions.tsx';

const route = getRouteApi('/app/settings/connections/$slug');

/** What the address asks for: a connection that is open, and a popup for one of them. */
export function useAskedFor(connections: Connection[], mayChange: boolean) {
  const { open, reconnect, replace } = route.useSearch();
  const navigate = route.useNavigate();
  const [dialog, setDialog] = useState<RowDialog | null>(null);
  const show = useCallback(
    (id: string | undefined) => void navigate({ search: { open: id }, replace: true }),
    [navigate],
  );
  const opened = useOne(connections, open);
  const toReconnect = useOne(connections, mayChange ? reconnect : undefined);
  const toReplace = useOne(connections, mayChange ? replace : undefined);
  // A link from elsewhere that says "Reconnect" or "Replace" opens it; once.
  useEffect(() => {
    const asked = toReconnect ?? toReplace;
    if (asked === undefined) return;
    const isNewSignIn = toReconnect !== undefined || asked.method === 'oauth2';
    setDialog({ kind: isNewSignIn ? 'reconnect' : 'replace', connection: asked });
    void navigate({ search: {}, replace: true });
  }, [toReconnect, toReplace, navigate]);
  return { opened, show, dialog, setDialog };
}

/** A connection an address names; it may stand beyond the ones that are listed so far. */
function useOne(connections: Connection[], id: string | undefined): Connection | undefined {
  const listed = connections.find((connection) => connection.id === id);
  const asked = useQuery({ ...connectionQuery(id ?? ''), enabled: id !== undefined && listed === undefined });
  return id === undefined ? undefined : (listed ?? asked.data);
}
