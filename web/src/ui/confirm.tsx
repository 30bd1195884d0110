import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { failureOf } from '../lib/failure.ts';
import styles from './confirm.module.css';
import { Notice } from './notice.tsx';

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Names what is destroyed, and what uses it. */
  children: React.ReactNode;
  /** The verb: "Delete". */
  verb: string;
  onConfirm: () => Promise<unknown>;
}

/** Asks before something is destroyed. Stays open with the cause when it did not work. */
export function Confirm({ opened, onClose, title, children, verb, onConfirm }: Props) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const close = () => {
    setError(null);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      close();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal opened={opened} onClose={close} title={title} size={440}>
      <div className={styles.body}>{children}</div>
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      <div className={styles.buttons}>
        <Button variant="default" onClick={close} data-autofocus>
          Cancel
        </Button>
        <Button color="red" onClick={confirm} loading={isBusy}>
          {verb}
        </Button>
      </div>
    </Modal>
  );
}
