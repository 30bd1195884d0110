import type { Column, Table, ValueType } from '@keyrail/contract/tables';
import { Menu } from '@mantine/core';
import {
  IconArrowLeft,
  IconArrowRight,
  IconChevronDown,
  IconColumnInsertLeft,
  IconColumnInsertRight,
  IconPencil,
  IconPlayerPlay,
  IconSettings,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { toastDone, toastError } from '../../lib/toast.tsx';
import { typeWords } from '../../lib/words.ts';
import { Confirm } from '../../ui/confirm.tsx';
import styles from './grid/grid.module.css';
import { NamePopup } from './name-popup.tsx';
import { typeIcons } from './type-icon.tsx';
import { valueTypes } from './value-types.ts';

interface Props {
  table: Table;
  column: Column;
  at: number;
  mayEdit: boolean;
  onRun: () => void;
  onEditAction: () => void;
  onInsert: (at: number) => void;
  onMove: (to: number) => void;
  onChanged: () => void;
}

/** What can be done with a column. */
export function ColumnMenu(props: Props) {
  const { table, column, at, mayEdit, onChanged } = props;
  const [asked, setAsked] = useState<'rename' | 'delete' | null>(null);
  if (!mayEdit) return null;
  const isAction = column.type === 'action';
  const changeType = async (type: ValueType) => {
    try {
      await api.columns.update(table.id, column.id, { type });
      onChanged();
    } catch (error) {
      toastError(error, `${column.name} keeps its type`);
    }
  };
  return (
    <>
      <Menu position="bottom-start" width={216}>
        <Menu.Target>
          <button type="button" className={styles.headMenu} aria-label={`${column.name}: menu`}>
            <IconChevronDown size={14} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {isAction && (
            <>
              <Menu.Item leftSection={<IconPlayerPlay size={15} />} onClick={props.onRun}>
                Run…
              </Menu.Item>
              <Menu.Item leftSection={<IconSettings size={15} />} onClick={props.onEditAction}>
                Edit action
              </Menu.Item>
              <Menu.Divider />
            </>
          )}
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setAsked('rename')}>
            Rename
          </Menu.Item>
          {!isAction && <TypeMenu column={column} onChoose={changeType} />}
          <Menu.Divider />
          <Menu.Item leftSection={<IconColumnInsertLeft size={15} />} onClick={() => props.onInsert(at)}>
            Insert left
          </Menu.Item>
          <Menu.Item leftSection={<IconColumnInsertRight size={15} />} onClick={() => props.onInsert(at + 1)}>
            Insert right
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowLeft size={15} />}
            disabled={at === 0}
            onClick={() => props.onMove(at - 1)}
          >
            Move left
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowRight size={15} />}
            disabled={at === table.columns.length - 1}
            onClick={() => props.onMove(at + 1)}
          >
            Move right
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setAsked('delete')}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asked === 'rename' && (
        <NamePopup
          title="Rename column"
          label="Name"
          verb="Save"
          initial={column.name}
          onClose={() => setAsked(null)}
          onSave={async (name) => {
            await api.columns.update(table.id, column.id, { name });
            onChanged();
          }}
        />
      )}
      <Confirm
        opened={asked === 'delete'}
        onClose={() => setAsked(null)}
        title="Delete column"
        verb="Delete"
        onConfirm={async () => {
          await api.columns.remove(table.id, column.id);
          toastDone(`“${column.name}” was deleted.`);
          onChanged();
        }}
      >
        <p>
          <strong>{column.name}</strong> is deleted with {isAction ? 'everything it found' : 'its values'} in
          all rows. This cannot be undone.
        </p>
      </Confirm>
    </>
  );
}

function TypeMenu({ column, onChoose }: { column: Column; onChoose: (type: ValueType) => void }) {
  return (
    <Menu.Sub>
      <Menu.Sub.Target>
        <Menu.Sub.Item>Change type</Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown>
        {valueTypes.map((type) => {
          const Icon = typeIcons[type];
          return (
            <Menu.Item
              key={type}
              leftSection={<Icon size={15} />}
              disabled={type === column.type}
              onClick={() => onChoose(type)}
            >
              {typeWords[type]}
            </Menu.Item>
          );
        })}
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  );
}
