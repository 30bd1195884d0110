import type { CustomDefinitionInput } from '@keyrail/contract/custom';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { useOnceKey } from '../../lib/use-once-key.ts';
import { useMay } from '../../lib/use-role.ts';
import { ManagersOnly } from '../../ui/managers-only.tsx';
import { Page } from '../../ui/page.tsx';
import { Builder } from './builder.tsx';
import { emptyDraft } from './draft.ts';

const route = getRouteApi('/app/settings/connections/new-custom');

/** "Make a custom connection": an app that is not in the catalog, described by the workspace itself. */
export function NewCustomPage() {
  const { name = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const mayChange = useMay('admin');
  const keyFor = useOnceKey();
  useCrumbs([
    { label: 'Settings', to: '/settings/general' },
    { label: 'Connections', to: '/settings/connections' },
    { label: 'Custom connection' },
  ]);

  const save = async (definition: CustomDefinitionInput, entered: Record<string, string> | null) => {
    const made = await api.customIntegrations.create(definition, keyFor(definition));
    toastDone(`${made.name} is saved.`);
    if (entered !== null) await connect(made.slug, entered);
    await client.invalidateQueries();
    await navigate({ to: '/settings/connections/$slug', params: { slug: made.slug }, search: {} });
  };

  return (
    <Page
      title="Make a custom connection"
      about="For an app that is not in the catalog. Once saved it works like any other."
    >
      {mayChange ? (
        <Builder
          start={() => emptyDraft(name)}
          base={null}
          verb="Save"
          onSave={save}
          mayConnect
          onCancel={() => void navigate({ to: '/settings/connections' })}
        />
      ) : (
        <ManagersOnly />
      )}
    </Page>
  );
}

/** The app is saved by now: what is wrong with the key is told on its page, where it can be entered again. */
async function connect(slug: string, credentials: Record<string, string>): Promise<void> {
  try {
    await api.connections.create({ integration: slug, credentials });
  } catch (error) {
    toastError(error, 'Saved, but not connected yet');
  }
}
