import type { CreatedWebhook } from '@keyrail/sdk/shapes';
import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { toastDone } from '../../lib/toast.tsx';
import { Ago } from '../../ui/ago.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import form from '../../ui/form.module.css';
import { MadeOncePopup } from '../../ui/made-once-popup.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useReturnFocus } from '../../ui/use-return-focus.ts';
import { secretOf } from './add-target-popup.tsx';
import styles from './notifications.module.css';
import { removeTarget, type Target } from './target.ts';
import { type Entered, TargetForm } from './target-form.tsx';
import { useTargetsChanged } from './use-targets-changed.ts';

export interface TargetDialog {
  kind: 'edit' | 'delete';
  target: Target;
}

/** What the buttons of a row open. */
export function TargetDialogs({ dialog, onClose }: { dialog: TargetDialog | null; onClose: () => void }) {
  if (dialog === null) return null;
  return dialog.kind === 'edit' ? (
    <EditPopup key={dialog.target.id} target={dialog.target} onClose={onClose} />
  ) : (
    <DeletePopup target={dialog.target} onClose={onClose} />
  );
}

interface Props {
  target: Target;
  onClose: () => void;
}

function EditPopup({ target, onClose }: Props) {
  useReturnFocus();
  const changed = useTargetsChanged();
  const [isRotating, setRotating] = useState(false);
  const save = async (entered: Entered) => {
    await saveTarget(target, entered);
    changed();
    toastDone('Saved.');
    onClose();
  };
  if (isRotating && target.kind === 'webhook') return <RotatePopup target={target} onClose={onClose} />;
  return (
    <Modal opened onClose={onClose} title={`Edit ${target.name}`} size={480}>
      <TargetForm kind={target.kind} target={target} verb="Save" onSubmit={save} onCancel={onClose}>
        {target.kind === 'webhook' && <SavedSecret target={target} onRotate={() => setRotating(true)} />}
      </TargetForm>
    </Modal>
  );
}

function saveTarget(target: Target, { name, addresses, url, kinds }: Entered): Promise<unknown> {
  const { id, version } = target;
  switch (target.kind) {
    case 'webhook':
      return api.webhooks.update(id, { url, kinds }, version);
    case 'email':
      return api.notificationChannels.update(id, { name, addresses, kinds }, version);
    case 'slack':
      return api.notificationChannels.update(id, { name, kinds, ...(url !== '' && { url }) }, version);
  }
}

function SavedSecret({
  target,
  onRotate,
}: {
  target: Extract<Target, { kind: 'webhook' }>;
  onRotate: () => void;
}) {
  const { secret_hint: hint, previous_secret_until: until } = target.webhook;
  return (
    <div>
      <div className={styles.label}>Signing secret</div>
      <div className={styles.secret}>
        <span className="k-mono">whsec_••••{hint}</span>
        <Button size="compact-sm" variant="default" onClick={onRotate}>
          Replace…
        </Button>
      </div>
      {until !== null && (
        <p className={styles.quiet}>
          The one before is used beside it and ends <Ago at={until} />.
        </p>
      )}
    </div>
  );
}

/** A new secret, shown once; both sign for a day, so that the receiver can be changed in between. */
function RotatePopup({ target, onClose }: Props) {
  return (
    <MadeOncePopup<CreatedWebhook>
      opened
      onClose={onClose}
      title={`Replace the secret of ${target.name}`}
      form={(made) => <RotateForm target={target} {...made} />}
      shown={(made) => ({
        ...secretOf(made),
        about:
          'Enter it at the receiver within 24 hours. Until then messages are signed with the old one, too.',
      })}
    />
  );
}

interface RotateProps {
  target: Target;
  onCreated: (made: CreatedWebhook) => void;
  onCancel: () => void;
}

function RotateForm({ target, onCreated, onCancel }: RotateProps) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const changed = useTargetsChanged();
  const rotate = async () => {
    setBusy(true);
    setError(null);
    try {
      onCreated(await api.webhooks.rotateSecret(target.id));
      changed();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  return (
    <div className={form.form}>
      <p>
        For 24 hours messages are signed with both secrets, so that nothing is refused while you change it at
        the receiver. Then the old one ends.
      </p>
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      <div className={form.buttons}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button onClick={rotate} loading={isBusy}>
          Make a new secret
        </Button>
      </div>
    </div>
  );
}

function DeletePopup({ target, onClose }: Props) {
  useReturnFocus();
  const changed = useTargetsChanged();
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Delete ${target.name}`}
      verb="Delete"
      onConfirm={async () => {
        await removeTarget(target);
        toastDone(`Nothing is sent to ${target.name} any more.`);
        changed();
      }}
    >
      <p>
        Notices are not sent to <strong>{target.detail}</strong> any more.
        {target.kind !== 'email' &&
          ` Its saved ${target.kind === 'slack' ? 'address' : 'secret'} is destroyed.`}
      </p>
      <p className="k-2">They stay at the bell, and what was sent stays in the log.</p>
    </Confirm>
  );
}
