import { Button, Modal, Select, Textarea } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../lib/api.ts';
import { failureOf } from '../lib/failure.ts';
import { connectionRequestsQuery } from '../lib/people-queries.ts';
import { allIntegrationsQuery } from '../lib/queries.ts';
import { toastDone } from '../lib/toast.tsx';
import styles from './form.module.css';
import { Notice } from './notice.tsx';

interface Props {
  tool: { slug: string; name: string } | undefined;
  opened: boolean;
  onClose: () => void;
}

/** An editor asks for a tool to be connected; owners and admins see it on their Overview. */
export function RequestConnectionPopup({ tool, opened, onClose }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={tool === undefined ? 'Ask for a connection' : `Ask for ${tool.name}`}
      size={440}
    >
      {opened && <RequestForm tool={tool} onClose={onClose} />}
    </Modal>
  );
}

function RequestForm({ tool, onClose }: Omit<Props, 'opened'>) {
  const client = useQueryClient();
  const tools = useQuery({ ...allIntegrationsQuery, enabled: tool === undefined });
  const [slug, setSlug] = useState<string | null>(tool?.slug ?? null);
  const [note, setNote] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (slug === null) return;
    setBusy(true);
    setError(null);
    try {
      await api.connectionRequests.create({ integration: slug, note: note.trim() || null });
      void client.invalidateQueries({ queryKey: connectionRequestsQuery.queryKey });
      toastDone('Sent. Owners and admins see it on their Overview.');
      onClose();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={submit}>
      {tool === undefined && (
        <Select
          label="Tool"
          placeholder="Type its name"
          searchable
          limit={50}
          data={(tools.data ?? []).map((one) => ({ value: one.slug, label: one.name }))}
          value={slug}
          onChange={setSlug}
          nothingFoundMessage="No integration is called that."
          required
          withAsterisk={false}
          data-autofocus
        />
      )}
      <Textarea
        label="What for"
        description="Optional. Helps whoever decides: which account, which table."
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        maxLength={500}
        autosize
        minRows={3}
        maxRows={8}
        {...(tool !== undefined && { 'data-autofocus': true })}
      />
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={isBusy} disabled={slug === null}>
          Send request
        </Button>
      </div>
    </form>
  );
}
