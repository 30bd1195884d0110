import type { Table, ValueType } from '@keyrail/contract/tables';
import { Button, Input, Modal, TextInput } from '@mantine/core';
import { IconBolt } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { sentenceOf } from '../../lib/failure.ts';
import { typeWords } from '../../lib/words.ts';
import styles from './popup.module.css';
import { typeIcons } from './type-icon.tsx';
import { valueTypes } from './value-types.ts';

interface Props {
  table: Table;
  /** Where it goes. */
  at: number;
  onClose: () => void;
  onAction: () => void;
  onChanged: () => void;
}

/** A new column: of values, or one that an action fills. */
export function AddColumnPopup({ table, at, onClose, onAction, onChanged }: Props) {
  const [name, setName] = useState('');
  const [type, setType] = useState<ValueType>('text');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const column = await api.columns.create(table.id, { name: name.trim(), type });
      if (at < table.columns.length) await api.columns.update(table.id, column.id, { position: at });
      onChanged();
      onClose();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <Modal opened onClose={onClose} title="Add column" size={460}>
      <form onSubmit={save} className={styles.form}>
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={error === null ? null : sentenceOf(error)}
          maxLength={200}
          required
          withAsterisk={false}
          data-autofocus
        />
        <Input.Wrapper label="Type" labelElement="div">
          <div className={styles.types}>
            {valueTypes.map((one) => {
              const Icon = typeIcons[one];
              return (
                <button
                  key={one}
                  type="button"
                  className={styles.type}
                  aria-pressed={one === type}
                  onClick={() => setType(one)}
                >
                  <Icon size={16} aria-hidden />
                  {typeWords[one]}
                </button>
              );
            })}
            <button
              type="button"
              className={`${styles.type} ${styles.wide}`}
              aria-pressed={false}
              onClick={onAction}
            >
              <IconBolt size={16} aria-hidden />
              <span>
                Action
                <span>Filled by a connected tool, such as “Find email”</span>
              </span>
            </button>
          </div>
        </Input.Wrapper>
        <div className={styles.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name.trim() === ''}>
            Add column
          </Button>
        </div>
      </form>
    </Modal>
  );
}
