import { ActionIcon, Button } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from './custom.module.css';

interface Props<Item> {
  label: string;
  help?: string | undefined;
  /** What one is called: "header". */
  noun: string;
  /** How the fields of one line stand beside each other. */
  line: 'pair' | 'item';
  items: readonly Item[];
  /** What "Add" adds. */
  make: () => Item;
  onChange: (items: Item[]) => void;
  /** One stays at least. */
  isNeeded?: boolean;
  /** The fields of one line. */
  children: (item: Item, index: number, change: (more: Partial<Item>) => void) => ReactNode;
}

/** A list of which each line is a few fields; a line that is added gets the focus. */
export function LinesField<Item extends { key: string }>(props: Props<Item>) {
  const { label, help, noun, items, make, onChange, isNeeded = false } = props;
  const box = useRef<HTMLFieldSetElement>(null);
  const added = useRef(false);
  useEffect(() => {
    if (!added.current) return;
    added.current = false;
    box.current?.querySelector<HTMLInputElement>('[data-line]:last-of-type input')?.focus();
  });
  const change = (key: string, more: Partial<Item>) =>
    onChange(items.map((item) => (item.key === key ? { ...item, ...more } : item)));
  return (
    <fieldset className={styles.pairs} ref={box}>
      <legend>{label}</legend>
      {help !== undefined && <p className={styles.help}>{help}</p>}
      {items.map((item, index) => (
        <div key={item.key} className={styles[props.line]} data-line>
          {props.children(item, index, (more) => change(item.key, more))}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${noun} ${index + 1}`}
            disabled={isNeeded && items.length === 1}
            onClick={() => onChange(items.filter((one) => one.key !== item.key))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        className={styles.add}
        leftSection={<IconPlus size={14} />}
        onClick={() => {
          added.current = true;
          onChange([...items, make()]);
        }}
      >
        Add {noun}
      </Button>
    </fieldset>
  );
}
