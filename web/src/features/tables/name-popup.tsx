import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { sentenceOf } from '../../lib/failure.ts';
import styles from './popup.module.css';

interface Props {
  title: string;
  label: string;
  verb: string;
  initial: string;
  onClose: () => void;
  onSave: (name: string) => Promise<unknown>;
}

/** Asks for one name. */
export function NamePopup({ title, label, verb, initial, onClose, onSave }: Props) {
  const [name, setName] = useState(initial);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onSave(name.trim());
      onClose();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  const problem = error instanceof ApiError ? (error.field('name') ?? sentenceOf(error)) : null;
  return (
    <Modal opened onClose={onClose} title={title} size={400}>
      <form onSubmit={save} className={styles.form}>
        <TextInput
          label={label}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem}
          maxLength={200}
          required
          withAsterisk={false}
          data-autofocus
        />
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
