import { useCrumbs } from '../../lib/crumbs.ts';
import { ManagersOnly } from '../../ui/managers-only.tsx';
import { Page } from '../../ui/page.tsx';

/** In place of every page of connections, where the workspace keeps them to owners and admins. */
export function HiddenConnections() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Connections' }]);
  return (
    <Page title="Connections">
      <ManagersOnly isHidden />
    </Page>
  );
}
