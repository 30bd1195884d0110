import { ApiError } from '@keyrail/sdk/api-error';
import type { CreatedInvitation, Role } from '@keyrail/sdk/shapes';
import { Button, Radio, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { invitationsQuery } from '../../lib/people-queries.ts';
import { givableRoles, roleAbout, roleWords, withArticle } from '../../lib/roles.ts';
import { useCurrentWorkspace } from '../../lib/use-role.ts';
import { MadeOncePopup } from '../../ui/made-once-popup.tsx';
import { Notice } from '../../ui/notice.tsx';
import styles from './settings.module.css';

/** Makes a link for one person; it is shown this one time. */
export function InvitePopup(popup: { opened: boolean; onClose: () => void }) {
  return (
    <MadeOncePopup<CreatedInvitation>
      {...popup}
      title="Invite somebody"
      form={(form) => <InviteForm {...form} />}
      shown={({ link, role }) => ({
        title: 'The invitation link',
        about: `Send it to one person. Whoever opens it first joins as ${withArticle(role)}; it works once, for 7 days.`,
        label: 'The invitation link',
        secret: link,
      })}
    />
  );
}

interface FormProps {
  onCreated: (invitation: CreatedInvitation) => void;
  onCancel: () => void;
}

function InviteForm({ onCreated, onCancel }: FormProps) {
  const client = useQueryClient();
  const own = useCurrentWorkspace()?.role ?? 'viewer';
  const [role, setRole] = useState<string>('editor');
  const [note, setNote] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onCreated(await api.invitations.create({ role: role as Role, note: note.trim() || null }));
      void client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={submit}>
      <Radio.Group label="Role" value={role} onChange={setRole}>
        <div className={styles.scopes}>
          {givableRoles(own).map((one) => (
            <Radio key={one} size="xs" value={one} label={roleWords[one]} description={roleAbout[one]} />
          ))}
        </div>
      </Radio.Group>
      <TextInput
        label="Who it is for"
        description="Optional. Owners and admins see it in the list of open invitations."
        placeholder="Ed, from sales"
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        maxLength={200}
        error={error instanceof ApiError ? error.field('note') : undefined}
      />
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      <div className={styles.buttons}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={isBusy}>
          Make a link
        </Button>
      </div>
    </form>
  );
}
