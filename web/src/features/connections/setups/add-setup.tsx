import { Modal, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { allIntegrationsQuery, oauthAppsQuery } from '../../../lib/queries.ts';
import { useReturnFocus } from '../../../ui/use-return-focus.ts';
import styles from '../setups-page.module.css';
import { FormFor } from './form-for.tsx';

export function AddSetup({ onClose }: { onClose: () => void }) {
  useReturnFocus();
  const tools = useQuery(allIntegrationsQuery);
  const apps = useQuery(oauthAppsQuery);
  const [slug, setSlug] = useState('');
  const taken = new Set(
    apps.data?.data.filter((app) => app.set_up_by === 'workspace').map((app) => app.integration),
  );
  const choices = (tools.data ?? [])
    .filter((tool) => tool.methods.includes('oauth2') && !taken.has(tool.slug))
    .sort((one, other) => one.name.localeCompare(other.name));
  return (
    <Modal opened onClose={onClose} title="Add sign-in setup" size={520}>
      <div className={styles.stack}>
        <NativeSelect
          label="Tool"
          data={[
            { value: '', label: tools.isPending ? 'Loading…' : 'Choose a tool…' },
            ...choices.map((tool) => ({ value: tool.slug, label: tool.name })),
          ]}
          value={slug}
          onChange={(event) => setSlug(event.currentTarget.value)}
          data-autofocus
        />
        {tools.isSuccess && choices.length === 0 && (
          <p className="k-2">Every tool that is connected by signing in has its setup.</p>
        )}
        {slug !== '' && <FormFor key={slug} slug={slug} onClose={onClose} />}
      </div>
    </Modal>
  );
}
