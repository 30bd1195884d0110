import type { CreatedWebhook } from '@keyrail/sdk/shapes';
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { channelsQuery } from '../../lib/notice-queries.ts';
import { toastDone } from '../../lib/toast.tsx';
import { CopyField } from '../../ui/copy-field.tsx';
import { MadeOncePopup } from '../../ui/made-once-popup.tsx';
import { Notice } from '../../ui/notice.tsx';
import styles from './notifications.module.css';
import type { Target } from './target.ts';
import { type Entered, TargetForm } from './target-form.tsx';
import { useTargetsChanged } from './use-targets-changed.ts';

/** A new place. Of a webhook the secret is shown, this one time. */
export function AddTargetPopup({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <MadeOncePopup<CreatedWebhook>
      opened={opened}
      onClose={onClose}
      title="Add a place for notices"
      form={(form) => <AddForm {...form} />}
      shown={secretOf}
    />
  );
}

/** What is said beside a webhook's secret. */
export const secretOf = ({ secret }: CreatedWebhook) => ({
  title: 'The webhook’s secret',
  about: 'The receiver checks with it that a message comes from here and was not changed.',
  label: 'The secret',
  secret,
});

interface FormProps {
  onCreated: (webhook: CreatedWebhook) => void;
  onCancel: () => void;
}

function AddForm({ onCreated, onCancel }: FormProps) {
  const [kind, setKind] = useState<Target['kind']>('email');
  const channels = useQuery(channelsQuery);
  const changed = useTargetsChanged();
  // One key for one opened form: an answer that got lost makes no second one.
  const [key] = useState(() => crypto.randomUUID());
  const isWithoutMail = kind === 'email' && channels.data?.is_email_available === false;

  const submit = async ({ name, addresses, url, kinds }: Entered) => {
    if (kind === 'webhook') {
      const made = await api.webhooks.create({ url, kinds }, `${key}-${kind}`);
      changed();
      onCreated(made);
      return;
    }
    await api.notificationChannels.create(
      kind === 'email' ? { kind, name, addresses, kinds } : { kind, name, url, kinds },
      `${key}-${kind}`,
    );
    changed();
    toastDone(`Notices go to ${name} from now on. Send a test to see them arrive.`);
    onCancel();
  };

  return (
    <div className={styles.add}>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="Where to"
        value={kind}
        onChange={(next) => setKind(next as Target['kind'])}
        data={[
          { value: 'email', label: 'Email' },
          { value: 'slack', label: 'Slack' },
          { value: 'webhook', label: 'Webhook' },
        ]}
      />
      {isWithoutMail && (
        <Notice tone="amber" title="No email can be sent: this server knows no mail server.">
          <p>
            Whoever runs it sets this to the address of one and starts it again. What is saved before waits
            for that.
          </p>
          <CopyField value="KEYRAIL_SMTP_URL=smtps://user:password@mail.example.com" label="The setting" />
        </Notice>
      )}
      <TargetForm
        key={kind}
        kind={kind}
        verb={kind === 'webhook' ? 'Add webhook' : 'Add'}
        onSubmit={submit}
        onCancel={onCancel}
      />
    </div>
  );
}
