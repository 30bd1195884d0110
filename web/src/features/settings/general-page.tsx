import type { Workspace } from '@keyrail/sdk/shapes';
import { Button, Radio, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { useCurrentWorkspace, useMay } from '../../lib/use-role.ts';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { LeaveWorkspace } from './leave-workspace.tsx';
import styles from './settings.module.css';

export function GeneralPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'General' }]);
  const workspace = useCurrentWorkspace();
  return (
    <Page title="General" about="What everybody in this workspace sees." narrow>
      {workspace === undefined ? (
        <Skeleton height={160} />
      ) : (
        <>
          <WorkspaceForm key={workspace.id} workspace={workspace} />
          <LeaveWorkspace />
        </>
      )}
    </Page>
  );
}

function WorkspaceForm({ workspace }: { workspace: Workspace }) {
  const client = useQueryClient();
  const mayChange = useMay('admin');
  const [name, setName] = useState(workspace.name);
  const [contact, setContact] = useState(workspace.contact_for_help ?? '');
  const [visibleTo, setVisibleTo] = useState(workspace.connections_visible_to);
  const [isBusy, setBusy] = useState(false);
  const isChanged =
    name.trim() !== workspace.name ||
    contact.trim() !== (workspace.contact_for_help ?? '') ||
    visibleTo !== workspace.connections_visible_to;

  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.workspace.update({
        name: name.trim(),
        contact_for_help: contact.trim() || null,
        connections_visible_to: visibleTo,
      });
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      toastDone('Saved.');
    } catch (error) {
      toastError(error, 'Not saved');
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={save} className={styles.form}>
      <TextInput
        label="Workspace name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
        required
        withAsterisk={false}
        disabled={!mayChange}
      />
      <TextInput
        label="Contact for help"
        description="Shown where somebody may not do something, or an error needs a person: a name, an email or a channel. Without one, the owners are named."
        placeholder="ops@example.com"
        value={contact}
        onChange={(event) => setContact(event.currentTarget.value)}
        maxLength={200}
        disabled={!mayChange}
      />
      <Radio.Group
        label="Who sees the Connections page"
        description="Owners and admins change connections; the others only ever read. Using them in columns is not affected."
        value={visibleTo}
        onChange={(value) => setVisibleTo(value as typeof visibleTo)}
      >
        <div className={styles.scopes}>
          <Radio size="xs" value="everybody" label="Everybody in the workspace" disabled={!mayChange} />
          <Radio size="xs" value="admins" label="Owners and admins only" disabled={!mayChange} />
        </div>
      </Radio.Group>
      {mayChange ? (
        <div>
          <Button type="submit" loading={isBusy} disabled={!isChanged}>
            Save
          </Button>
        </div>
      ) : (
        <p className="k-2">Owners and admins can change this.</p>
      )}
    </form>
  );
}
