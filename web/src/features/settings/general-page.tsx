import type { Workspace } from '@keyrail/sdk/shapes';
import { Button, Radio, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { hasCode } from '../../lib/failure.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { useCurrentWorkspace, useMay } from '../../lib/use-role.ts';
import { Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { DeleteWorkspace } from './delete-workspace.tsx';
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
          <DeleteWorkspace />
        </>
      )}
    </Page>
  );
}

function WorkspaceForm({ workspace }: { workspace: Workspace }) {
  const client = useQueryClient();
  const mayChange = useMay('admin');
  // The one the form was filled from: whatever somebody else saves meanwhile is noticed by its version.
  const [base, setBase] = useState(workspace);
  const [name, setName] = useState(workspace.name);
  const [contact, setContact] = useState(workspace.contact_for_help ?? '');
  const [visibleTo, setVisibleTo] = useState(workspace.connections_visible_to);
  const [isBusy, setBusy] = useState(false);
  const [isStale, setStale] = useState(false);
  const isChanged =
    name.trim() !== base.name ||
    contact.trim() !== (base.contact_for_help ?? '') ||
    visibleTo !== base.connections_visible_to;
  const fill = (now: Workspace) => {
    setBase(now);
    setName(now.name);
    setContact(now.contact_for_help ?? '');
    setVisibleTo(now.connections_visible_to);
    setStale(false);
  };

  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const change = {
        name: name.trim(),
        contact_for_help: contact.trim() || null,
        connections_visible_to: visibleTo,
      };
      fill(await api.workspace.update(change, base.version));
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      toastDone('Saved.');
    } catch (error) {
      if (hasCode(error, 'edited_meanwhile')) setStale(true);
      else toastError(error, 'Not saved');
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
      {isStale && <EditedMeanwhile onTheirs={fill} />}
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

/** Two people had it open: the second sees what the first one saved, and decides. */
function EditedMeanwhile({ onTheirs }: { onTheirs: (now: Workspace) => void }) {
  const [isBusy, setBusy] = useState(false);
  const show = async () => {
    setBusy(true);
    try {
      onTheirs(await api.workspace.get());
    } catch (error) {
      toastError(error, 'Not loaded');
      setBusy(false);
    }
  };
  return (
    <Notice
      tone="amber"
      live
      title="Somebody else changed these settings while you had them open."
      action={
        <Button variant="default" loading={isBusy} onClick={() => void show()}>
          Show theirs
        </Button>
      }
    >
      <p>Nothing of theirs was overwritten, and nothing of yours is saved.</p>
    </Notice>
  );
}
