import { Button, Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { CopyField } from './copy-field.tsx';
import styles from './form.module.css';
import { Notice } from './notice.tsx';

interface Props<Made> {
  opened: boolean;
  onClose: () => void;
  title: string;
  form: (form: { onCreated: (made: Made) => void; onCancel: () => void }) => ReactNode;
  /** What is shown of it, this one time; `secret` is null where the answer did not tell it again. */
  shown: (made: Made) => { title: string; about: ReactNode; label: string; secret: string | null };
}

/** A form whose result holds a secret that is shown once: it does not close by a click beside it. */
export function MadeOncePopup<Made>({ opened, onClose, title, form, shown }: Props<Made>) {
  const [made, setMade] = useState<Made | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  const result = made === null ? null : shown(made);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={result?.title ?? title}
      size={480}
      closeOnClickOutside={result === null}
    >
      {result === null ? (
        form({ onCreated: setMade, onCancel: close })
      ) : (
        <div className={styles.form}>
          <Notice tone="amber" title="Copy it now. It is not shown again.">
            <p>{result.about}</p>
          </Notice>
          {result.secret !== null && <CopyField value={result.secret} label={result.label} />}
          <div className={styles.buttons}>
            <Button onClick={close}>Done</Button>
          </div>
        </div>
      )}
    </Modal>
  );
}
