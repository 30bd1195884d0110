import { Button } from '@mantine/core';
import { IconUsersMinus } from '@tabler/icons-react';
import { toastError } from '../../lib/toast.tsx';
import { Empty } from '../../ui/empty.tsx';
import styles from '../fallbacks.module.css';
import { signOut } from '../session.ts';

/** Signed in, and a member of nothing: removed, or gone by oneself. */
export function NoWorkspace({ email }: { email: string }) {
  return (
    <main className={styles.center}>
      <Empty
        icon={<IconUsersMinus size={20} />}
        title="You are in no workspace"
        actions={
          <Button
            variant="default"
            onClick={() => void signOut().catch((error: unknown) => toastError(error, 'Not signed out'))}
          >
            Sign out
          </Button>
        }
      >
        Ask somebody for an invitation link and open it in this browser. If this server has no workspace any
        more, whoever runs it can print a link that makes one: <code>npm run keyrail setup-link</code>. You
        are signed in as {email}.
      </Empty>
    </main>
  );
}
