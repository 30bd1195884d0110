import type { Member } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useCrumbs } from '../../lib/crumbs.ts';
import { membersQuery } from '../../lib/people-queries.ts';
import { roleAbout, roles, roleWords } from '../../lib/roles.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { InvitePopup } from './invite-popup.tsx';
import { LeftBehind, type WhoLeft } from './left-behind.tsx';
import { MemberList } from './member-list.tsx';
import styles from './members.module.css';
import { OpenInvitations } from './open-invitations.tsx';
import { RemoveMember } from './remove-member.tsx';

export function MembersPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Members' }]);
  const mayManage = useMay('admin');
  const [isInviting, setInviting] = useState(false);
  return (
    <Page
      title="Members"
      about="Who is in this workspace, and what each may do."
      actions={
        mayManage && (
          <Button leftSection={<IconUserPlus size={15} />} onClick={() => setInviting(true)}>
            Invite
          </Button>
        )
      }
    >
      {!mayManage && <NotAllowed />}
      <Members />
      {mayManage && <OpenInvitations />}
      <Section title="Roles">
        <dl className={styles.roles}>
          {[...roles].reverse().map((role) => (
            <div key={role}>
              <dt>{roleWords[role]}</dt>
              <dd>{roleAbout[role]}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <InvitePopup opened={isInviting} onClose={() => setInviting(false)} />
    </Page>
  );
}

function NotAllowed() {
  const contact = useHelpContact();
  return (
    <div className={styles.notice}>
      <Notice tone="grey" title="Owners and admins invite people and change roles.">
        <p>Ask {contact}.</p>
      </Notice>
    </div>
  );
}

function Members() {
  const members = useQuery(membersQuery);
  const [removing, setRemoving] = useState<Member | null>(null);
  const [left, setLeft] = useState<WhoLeft | null>(null);
  const list = useRef<HTMLUListElement>(null);
  if (members.isPending) return <SkeletonRows rows={3} height={64} />;
  if (members.isError) return <Failed error={members.error} retry={() => void members.refetch()} />;
  return (
    <>
      {left !== null && left.connections.length > 0 && (
        <div className={styles.notice}>
          <LeftBehind left={left} onClose={() => setLeft(null)} />
        </div>
      )}
      <MemberList ref={list} members={members.data.data} onRemove={setRemoving} />
      <RemoveMember
        member={removing}
        onClose={() => setRemoving(null)}
        onRemoved={(who) => {
          setLeft(who);
          // The button that was pressed is gone with its row.
          list.current?.focus();
        }}
      />
    </>
  );
}
