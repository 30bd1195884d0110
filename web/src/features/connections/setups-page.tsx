import type { OAuthApp } from '@keyrail/contract/oauth';
import { Button } from '@mantine/core';
import { IconChecklist, IconPlus, IconUserShield } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useCrumbs } from '../../lib/crumbs.ts';
import { oauthAppsQuery } from '../../lib/queries.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { type SetupDialog, SetupDialogs } from './setups/setup-dialogs.tsx';
import { SetupRefused } from './setups/setup-refused.tsx';
import { SetupRow } from './setups/setup-row.tsx';
import styles from './setups-page.module.css';

const route = getRouteApi('/app/settings/sign-in-setups');

/** The client ids and secrets under which this workspace asks tools for access. */
export function SetupsPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Sign-in setups' }]);
  const mayChange = useMay('admin');
  const [dialog, setDialog] = useState<SetupDialog | null>(null);
  useAskedFor(setDialog);
  return (
    <Page
      title="Sign-in setups"
      about="Tools that people connect by signing in want to know who asks. That is entered once for each tool."
      actions={
        mayChange && (
          <>
            <Button
              variant="default"
              leftSection={<IconChecklist size={14} />}
              renderRoot={(props) => <Link to="/settings/check" {...props} />}
            >
              Check my setup
            </Button>
            <Button leftSection={<IconPlus size={14} />} onClick={() => setDialog({ kind: 'add' })}>
              Add sign-in setup
            </Button>
          </>
        )
      }
    >
      {mayChange ? <Setups onDialog={setDialog} /> : <NotAllowed />}
      <SetupDialogs dialog={dialog} onClose={() => setDialog(null)} />
    </Page>
  );
}

/** A link from elsewhere that says "Replace" opens it; once. */
function useAskedFor(onDialog: (dialog: SetupDialog) => void): void {
  const { replace } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('admin');
  const apps = useQuery({ ...oauthAppsQuery, enabled: mayChange && replace !== undefined });
  const app = apps.data?.data.find((one) => one.integration === replace && one.set_up_by === 'workspace');
  useEffect(() => {
    if (replace === undefined || app === undefined) return;
    onDialog({ kind: 'replace', app });
    void navigate({ search: {}, replace: true });
  }, [replace, app, onDialog, navigate]);
}

function NotAllowed() {
  const contact = useHelpContact();
  return (
    <Notice tone="grey" title="Sign-in setups are for owners and admins.">
      <p>Is one missing for a tool you need? Ask {contact}.</p>
    </Notice>
  );
}

function Setups({ onDialog }: { onDialog: (dialog: SetupDialog) => void }) {
  const apps = useQuery(oauthAppsQuery);
  if (apps.isPending) return <SkeletonRows rows={3} height={72} />;
  if (apps.isError) return <Failed error={apps.error} retry={() => void apps.refetch()} />;
  if (apps.data.data.length === 0) {
    return (
      <Empty
        icon={<IconUserShield size={20} />}
        title="No sign-in setup yet"
        actions={
          <Button variant="default" onClick={() => onDialog({ kind: 'add' })}>
            Add sign-in setup
          </Button>
        }
      >
        With one, everybody who may connect a tool does so with a click instead of a key.
      </Empty>
    );
  }
  const refused = apps.data.data.filter((app) => app.problem !== null);
  return (
    <>
      {refused.map((app) => (
        <SetupRefused key={keyOf(app)} app={app} onDialog={onDialog} />
      ))}
      <ul className={`${list.box} ${styles.setups}`}>
        {apps.data.data.map((app) => (
          <SetupRow key={keyOf(app)} app={app} onDialog={onDialog} />
        ))}
      </ul>
    </>
  );
}

const keyOf = ({ integration, method, set_up_by }: OAuthApp): string =>
  `${integration} ${method} ${set_up_by}`;
