import type { Invitation } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { invitationsQuery } from '../../lib/people-queries.ts';
import { givableRoles, roleWords } from '../../lib/roles.ts';
import { toastDone } from '../../lib/toast.tsx';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import list from '../../ui/list.module.css';
import { Failed } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import styles from './members.module.css';

/** Links that still work. Nothing while there is none. */
export function OpenInvitations() {
  const invitations = useQuery(invitationsQuery);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const client = useQueryClient();
  if (invitations.isError) {
    return (
      <Section title="Open invitations">
        <Failed error={invitations.error} retry={() => void invitations.refetch()} />
      </Section>
    );
  }
  const open = invitations.data?.data ?? [];
  if (open.length === 0) return null;
  return (
    <Section title="Open invitations" about="Each link works once.">
      <ul className={`${list.box} ${styles.list}`} aria-label="Open invitations">
        {open.map((invitation) => (
          <Row key={invitation.id} invitation={invitation} onRevoke={() => setRevoking(invitation)} />
        ))}
      </ul>
      <Confirm
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title="Revoke invitation"
        verb="Revoke"
        onConfirm={async () => {
          if (revoking === null) return;
          await api.invitations.revoke(revoking.id);
          await client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
          toastDone('The invitation was revoked.');
        }}
      >
        <p>
          The link{' '}
          {revoking?.note != null && (
            <>
              for <strong>{revoking.note}</strong>{' '}
            </>
          )}
          stops working at once.
        </p>
      </Confirm>
    </Section>
  );
}

function Row({ invitation, onRevoke }: { invitation: Invitation; onRevoke: () => void }) {
  const role = useCurrentWorkspace()?.role ?? 'viewer';
  const name = invitation.note ?? 'Without a note';
  return (
    <li className={`${list.row} ${styles.member}`}>
      <span className={styles.person}>
        <span className={list.name}>{name}</span>
        <span className={styles.quiet}>
          By {invitation.created_by ?? 'somebody'} <Ago at={invitation.created_at} /> · ends{' '}
          <Ago at={invitation.expires_at} />
        </span>
      </span>
      <span className={styles.role}>{roleWords[invitation.role]}</span>
      {givableRoles(role).includes(invitation.role) ? (
        <Button size="compact-sm" variant="default" onClick={onRevoke} aria-label={`Revoke: ${name}`}>
          Revoke
        </Button>
      ) : (
        <span className={styles.noButton} />
      )}
    </li>
  );
}
