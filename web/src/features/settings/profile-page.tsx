import { useQuery } from '@tanstack/react-query';
import { useCrumbs } from '../../lib/crumbs.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { Failed } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './settings.module.css';

const roleWords = { owner: 'Owner', admin: 'Admin', editor: 'Editor', viewer: 'Viewer' };

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
    </Page>
  );
}
