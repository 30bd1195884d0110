import type { Leaving, Member } from '@keyrail/sdk/shapes';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { leavingQuery, membersQuery } from '../../lib/people-queries.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { toastDone } from '../../lib/toast.tsx';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { ConnectionNames, type WhoLeft } from './left-behind.tsx';

interface Props {
  member: Member | null;
  onClose: () => void;
  onRemoved: (left: WhoLeft) => void;
}

/** Asks before somebody is taken out, with what stays behind and what ends. */
export function RemoveMember({ member: given, onClose, onRemoved }: Props) {
  const client = useQueryClient();
  const self = useQuery(sessionQuery).data?.user.id;
  const workspace = useCurrentWorkspace();
  // While the popup closes it still shows whom it was about; gone at once, it could not give the focus back.
  const [last, setLast] = useState<Member | null>(null);
  if (given !== null && given !== last) setLast(given);
  const member = given ?? last;
  if (member === null || workspace === undefined) return null;
  const isSelf = member.user_id === self;

  const remove = async () => {
    if (isSelf) {
      await api.workspace.leave(workspace.id);
      location.assign('/');
      return;
    }
    const left = await api.members.remove(member.user_id);
    await client.invalidateQueries({ queryKey: membersQuery.queryKey });
    void client.invalidateQueries({ queryKey: ['invitations'] });
    toastDone(`${member.name} was removed.`);
    onRemoved({ ...left, name: member.name });
  };

  return (
    <Confirm
      opened={given !== null}
      onClose={onClose}
      title={isSelf ? `Leave ${workspace.name}` : `Remove ${member.name}`}
      verb={isSelf ? 'Leave' : 'Remove'}
      onConfirm={remove}
    >
      <p>
        {isSelf ? (
          <>
            You lose access to <strong>{workspace.name}</strong> at once. To come back you need a new
            invitation.
          </>
        ) : (
          <>
            <strong>{member.name}</strong> loses access at once. To come back they need a new invitation.
          </>
        )}
      </p>
      <WhatChanges member={member} workspaceId={workspace.id} isSelf={isSelf} />
    </Confirm>
  );
}

function WhatChanges({
  member,
  workspaceId,
  isSelf,
}: {
  member: Member;
  workspaceId: string;
  isSelf: boolean;
}) {
  const leaving = useQuery(leavingQuery({ workspaceId, userId: member.user_id, isSelf }));
  if (leaving.isPending) return <Skeleton height={40} />;
  if (leaving.isError) {
    return (
      <Failed
        error={leaving.error}
        what="What stays behind could not be listed."
        retry={() => void leaving.refetch()}
      />
    );
  }
  return <Words leaving={leaving.data} whose={isSelf ? 'You' : 'They'} />;
}

function Words({ leaving, whose }: { leaving: Leaving; whose: 'You' | 'They' }) {
  const { connections, api_tokens_count: tokens } = leaving;
  return (
    <>
      {tokens > 0 && (
        <p>
          {tokens === 1 ? 'The API token' : `The ${tokens} API tokens`} {whose.toLowerCase()} made{' '}
          {tokens === 1 ? 'stops' : 'stop'} working.
        </p>
      )}
      {connections.length > 0 && (
        <>
          <p>
            {whose} signed in for {connections.length === 1 ? 'this connection' : 'these connections'}.{' '}
            {connections.length === 1 ? 'It keeps' : 'They keep'} working for now; somebody else should sign
            in or enter a key anew:
          </p>
          <ConnectionNames connections={connections} isLinked={false} />
        </>
      )}
    </>
  );
}
