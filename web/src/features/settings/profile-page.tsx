import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { roleWords } from '../../lib/roles.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { Failed } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './settings.module.css';

export function ProfilePage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Profile' }]);
  const session = useQuery(sessionQuery);
  const workspace = useCurrentWorkspace();
  return (
    <Page title="Profile" about="Who you are here." narrow>
      {session.isError && <Failed error={session.error} retry={() => void session.refetch()} />}
      {session.isPending && <Skeleton height={132} />}
      {session.data !== undefined && (
        <dl className={styles.facts}>
          <div>
            <dt>Name</dt>
            <dd>{session.data.user.name}</dd>
          </div>
          <div>
            <dt>Email</dt>
            <dd>{session.data.user.email}</dd>
          </div>
          {workspace !== undefined && (
            <div>
              <dt>Role in {workspace.name}</dt>
              <dd>{roleWords[workspace.role]}</dd>
            </div>
          )}
        </dl>
      )}
      <Sessions />
    </Page>
  );
}

/** For a browser left open somewhere. */
function Sessions() {
  const endOthers = useMutation({
    mutationFn: () => api.session.endOthers(),
    onSuccess: ({ ended }) =>
      toastDone(
        ended === 0
          ? 'You were signed in nowhere else.'
          : `Signed out in ${ended} other ${ended === 1 ? 'browser' : 'browsers'}.`,
      ),
    onError: (error) => toastError(error, 'Not signed out elsewhere'),
  });
  return (
    <div className={styles.below}>
      <Section title="Sessions" about="Ends every other browser where you are signed in. This one stays.">
        <Button variant="default" onClick={() => endOthers.mutate()} loading={endOthers.isPending}>
          Sign out everywhere else
        </Button>
      </Section>
    </div>
  );
}
