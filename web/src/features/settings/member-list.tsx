import type { Member, Role } from '@keyrail/sdk/shapes';
import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconUserMinus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { membersQuery } from '../../lib/people-queries.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { givableRoles, roleWords, withArticle } from '../../lib/roles.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import list from '../../ui/list.module.css';
import styles from './members.module.css';

interface Props {
  ref: React.Ref<HTMLUListElement>;
  members: readonly Member[];
  onRemove: (member: Member) => void;
}

export function MemberList({ ref, members, onRemove }: Props) {
  const self = useQuery(sessionQuery).data?.user.id;
  const role = useCurrentWorkspace()?.role ?? 'viewer';
  const owners = members.filter((member) => member.role === 'owner').length;
  return (
    <ul
      ref={ref}
      tabIndex={-1}
      className={`${list.box} ${styles.list} ${styles.members}`}
      aria-label="Members"
    >
      {members.map((member) => (
        <Row
          key={member.user_id}
          member={member}
          isSelf={member.user_id === self}
          isLastOwner={member.role === 'owner' && owners === 1}
          givable={givableRoles(role)}
          onRemove={() => onRemove(member)}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  member: Member;
  isSelf: boolean;
  isLastOwner: boolean;
  /** What the person looking at it may give; an owner is nothing an admin could change. */
  givable: readonly Role[];
  onRemove: () => void;
}

function Row({ member, isSelf, isLastOwner, givable, onRemove }: RowProps) {
  const mayChange = givable.includes(member.role);
  return (
    <li className={`${list.row} ${styles.member}`}>
      <span className={styles.initial} data-letter={[...member.name][0]?.toUpperCase()} aria-hidden />
      <span className={styles.person}>
        <span>
          <span className={list.name}>{member.name}</span> {isSelf && <span className={list.badge}>You</span>}
        </span>
        <span className={styles.quiet}>
          {member.email} · joined <Ago at={member.created_at} />
        </span>
      </span>
      {mayChange && !isLastOwner ? (
        <RoleSelect member={member} givable={givable} />
      ) : (
        <span className={styles.role} title={isLastOwner ? 'A workspace needs an owner.' : undefined}>
          {roleWords[member.role]}
        </span>
      )}
      {mayChange && !isLastOwner ? (
        <Tooltip label={isSelf ? 'Leave the workspace' : `Remove ${member.name}`}>
          <ActionIcon
            size={32}
            onClick={onRemove}
            aria-label={isSelf ? 'Leave the workspace' : `Remove ${member.name}`}
          >
            <IconUserMinus size={16} />
          </ActionIcon>
        </Tooltip>
      ) : (
        givable.length > 0 && <span className={styles.noButton} />
      )}
    </li>
  );
}

function RoleSelect({ member, givable }: { member: Member; givable: readonly Role[] }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (role: Role) => api.members.setRole(member.user_id, role),
    onSuccess: (changed) => toastDone(`${changed.name} is ${withArticle(changed.role)} now.`),
    onError: (error) => toastError(error, 'The role was not changed'),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: membersQuery.queryKey });
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  return (
    <Select
      className={styles.select}
      aria-label={`Role of ${member.name}`}
      data={[...givable].reverse().map((role) => ({ value: role, label: roleWords[role] }))}
      value={change.isPending ? change.variables : member.role}
      onChange={(role) => role !== null && role !== member.role && change.mutate(role as Role)}
      disabled={change.isPending}
      allowDeselect={false}
      comboboxProps={{ withinPortal: true }}
    />
  );
}
