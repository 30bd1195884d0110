import type { AffectedConnection, CustomDefinitionInput, CustomIntegration } from '@keyrail/contract/custom';
import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { hasCode } from '../../lib/failure.ts';
import { toastDone } from '../../lib/toast.tsx';
import { useMay } from '../../lib/use-role.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { ManagersOnly } from '../../ui/managers-only.tsx';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { AffectedList } from './affected-list.tsx';
import { Builder } from './builder.tsx';
import { draftOf } from './draft-of.ts';

const route = getRouteApi('/app/settings/connections/$slug/edit');

/** Changes or deletes an app that the workspace described itself. */
export function EditCustomPage() {
  const { slug } = route.useParams();
  const mayChange = useMay('admin');
  const found = useQuery({
    queryKey: ['custom-integration', slug],
    queryFn: ({ signal }) => api.customIntegrations.get(slug, signal),
    enabled: mayChange,
    // What is being edited stays as it was loaded: a change of somebody else's is told when saving.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const title = `Edit ${found.data?.name ?? '…'}`;
  useCrumbs([
    { label: 'Settings', to: '/settings/general' },
    { label: 'Connections', to: '/settings/connections' },
    { label: found.data?.name ?? '…', to: `/settings/connections/${slug}` },
    { label: 'Edit' },
  ]);
  if (!mayChange) {
    return (
      <Page title="Edit">
        <ManagersOnly />
      </Page>
    );
  }
  if (found.isError) {
    return (
      <Page title="Edit">
        <Failed error={found.error} retry={() => void found.refetch()} />
      </Page>
    );
  }
  if (found.data === undefined) {
    return (
      <Page title={title}>
        <SkeletonRows rows={6} height={64} />
      </Page>
    );
  }
  return <Editing key={found.data.version} saved={found.data} reload={() => void found.refetch()} />;
}

interface Asked {
  affected: AffectedConnection[];
  definition: CustomDefinitionInput;
  reason: string;
}

function Editing({ saved, reload }: { saved: CustomIntegration; reload: () => void }) {
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [deleting, setDeleting] = useState<AffectedConnection[] | null>(null);
  const [isStale, setStale] = useState(false);
  const back = () =>
    navigate({ to: '/settings/connections/$slug', params: { slug: saved.slug }, search: {} });

  const save = async (definition: CustomDefinitionInput, confirm: boolean) => {
    try {
      const now = await api.customIntegrations.update(saved.slug, { ...definition, confirm }, saved.version);
      toastDone(
        now.credentials_kept ? `${now.name} is saved.` : `${now.name} is saved. Enter its credentials again.`,
      );
      await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'custom-integration' });
      await back();
    } catch (error) {
      if (hasCode(error, 'edited_meanwhile')) setStale(true);
      const wants = hasCode(error, 'conflict') && error.reason === 'credentials_would_be_lost';
      if (!wants) throw error;
      setAsked({ affected: error.affected, definition, reason: error.detail ?? '' });
    }
  };

  const askToDelete = async () => {
    try {
      await remove(false);
    } catch (error) {
      if (hasCode(error, 'conflict') && error.reason === 'has_connections')
        return setDeleting(error.affected);
      throw error;
    }
  };
  const remove = async (confirm: boolean) => {
    await api.customIntegrations.remove(saved.slug, confirm);
    toastDone(`${saved.name} is deleted.`);
    await navigate({ to: '/settings/connections' });
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'custom-integration' });
  };
  const [isAsking, setAsking] = useState(false);

  return (
    <Page
      title={`Edit ${saved.name}`}
      about="Changing where the credentials go destroys the stored ones: they must be entered again."
      actions={
        <Button
          variant="default"
          color="red"
          leftSection={<IconTrash size={14} />}
          onClick={() => setAsking(true)}
        >
          Delete
        </Button>
      }
    >
      {isStale && (
        <Notice
          tone="amber"
          live
          title="Somebody else changed this app in the meantime."
          action={
            <Button variant="default" onClick={reload}>
              Load theirs
            </Button>
          }
        >
          <p>Your changes are not saved. Loading theirs takes yours off this page.</p>
        </Notice>
      )}
      {saved.warnings.map((warning) => (
        <Notice key={warning} tone="amber" title={warning} />
      ))}
      <Builder
        start={() => draftOf(saved)}
        base={saved}
        verb="Save"
        onSave={(definition) => save(definition, false)}
        mayConnect={false}
        onCancel={() => void back()}
      />
      <Confirm
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title="Destroy the stored credentials?"
        verb="Save and destroy them"
        onConfirm={async () => {
          if (asked !== null) await save(asked.definition, true);
        }}
      >
        <p>
          After this change they would go to another place, or no longer fit. Somebody has to enter them
          again, and until then what uses these connections stands still.
        </p>
        <AffectedList affected={asked?.affected ?? []} />
      </Confirm>
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete ${saved.name}?`}
        verb="Delete"
        onConfirm={askToDelete}
      >
        <p>
          {saved.connection_count === 0
            ? 'It has no connections. Columns with its actions stop working.'
            : 'You are shown first what would be deleted with it.'}
        </p>
      </Confirm>
      <Confirm
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete ${saved.name} with its connections?`}
        verb="Delete all of it"
        onConfirm={() => remove(true)}
      >
        <p>These connections and their credentials are deleted for good:</p>
        <AffectedList affected={deleting ?? []} />
      </Confirm>
    </Page>
  );
}
