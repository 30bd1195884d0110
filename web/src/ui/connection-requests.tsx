import type { ConnectionRequest } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../lib/api.ts';
import { connectionRequestsQuery } from '../lib/people-queries.ts';
import { toastDone, toastError } from '../lib/toast.tsx';
import { useTool } from '../lib/tools.ts';
import { useMay } from '../lib/use-role.ts';
import { Ago } from './ago.tsx';
import styles from './connection-requests.module.css';
import { IntegrationIcon, plainIcon } from './integration-icon.tsx';
import list from './list.module.css';
import { Section } from './page.tsx';

/** What editors ask owners and admins for. Nothing for others, nor when nobody asks. */
export function ConnectionRequests() {
  const mayDecide = useMay('admin');
  const requests = useQuery({ ...connectionRequestsQuery, enabled: mayDecide });
  const open = (requests.data?.data ?? []).filter((one) => one.state === 'open');
  if (!mayDecide || open.length === 0) return null;
  return (
    <Section title="Requests for connections">
      <ul className={`${list.box} ${styles.list}`}>
        {open.map((request) => (
          <Request key={request.id} request={request} />
        ))}
      </ul>
    </Section>
  );
}

function Request({ request }: { request: ConnectionRequest }) {
  const tool = useTool(request.integration);
  const name = tool?.name ?? request.integration;
  const client = useQueryClient();
  const decline = useMutation({
    mutationFn: () => api.connectionRequests.decline(request.id),
    onSuccess: () => toastDone(`Declined. ${request.requested_by} sees it.`),
    onError: (error) => toastError(error, 'Not declined'),
    onSettled: () => client.invalidateQueries({ queryKey: connectionRequestsQuery.queryKey }),
  });
  return (
    <li className={`${list.row} ${styles.request}`}>
      <IntegrationIcon size={28} icon={tool?.icon ?? plainIcon(name)} />
      <span className={styles.words}>
        <span>
          <strong className={list.name}>{request.requested_by}</strong> asks for{' '}
          <strong className={list.name}>{name}</strong>
        </span>
        <span className={styles.quiet}>
          <Ago at={request.created_at} />
          {request.note !== null && ` · ${request.note}`}
        </span>
      </span>
      <span className={styles.buttons}>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => decline.mutate()}
          loading={decline.isPending}
          aria-label={`Decline ${name} for ${request.requested_by}`}
        >
          Decline
        </Button>
        <Button
          size="compact-sm"
          renderRoot={(props) => (
            <Link to="/settings/connections/$slug" params={{ slug: request.integration }} {...props} />
          )}
        >
          Connect {name}
        </Button>
      </span>
    </li>
  );
}
