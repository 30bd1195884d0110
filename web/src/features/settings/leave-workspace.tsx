import type { Member } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sessionQuery } from '../../lib/queries.ts';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { Section } from '../../ui/page.tsx';
import { RemoveMember } from './remove-member.tsx';
import styles from './settings.module.css';

/** Goes out of the workspace by oneself, whatever the role. */
export function LeaveWorkspace() {
  const session = useQuery(sessionQuery);
  const workspace = useCurrentWorkspace();
  const [leaving, setLeaving] = useState<Member | null>(null);
  if (session.data === undefined || workspace === undefined) return null;
  const { id, name, email } = session.data.user;
  const self = { user_id: id, name, email, role: workspace.role, created_at: '' };
  return (
    <div className={styles.below}>
      <Section title="Leave this workspace" about="You lose access at once; everything in it stays.">
        <Button variant="default" onClick={() => setLeaving(self)}>
          Leave {workspace.name}
        </Button>
        <RemoveMember member={leaving} onClose={() => setLeaving(null)} onRemoved={() => {}} />
      </Section>
    </div>
  );
}
