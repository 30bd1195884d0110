import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import styles from './custom.module.css';
import { newPair, type Pair } from './draft.ts';

interface Props {
  label: string;
  help?: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
  /** What one is called: "header". */
  noun: string;
  names: string;
  values: string;
  valueHint?: string;
  nameHint?: string;
  problem: (name: string) => string | undefined;
}

/** A list of names and values, one line each. */
export function PairsField(props: Props) {
  const { label, help, pairs, onChange, noun, problem } = props;
  const box = useRef<HTMLFieldSetElement>(null);
  const added = useRef(false);
  useEffect(() => {
    if (!added.current) return;
    added.current = false;
    const inputs = box.current?.querySelectorAll<HTMLInputElement>('input[data-name]');
    inputs?.[inputs.length - 1]?.focus();
  });
  const change = (key: string, more: Partial<Pair>) =>
    onChange(pairs.map((pair) => (pair.key === key ? { ...pair, ...more } : pair)));
  return (
    <fieldset className={styles.pairs} ref={box}>
      <legend>{label}</legend>
      {help !== undefined && <p className={styles.help}>{help}</p>}
      {pairs.map((pair, index) => (
        <div key={pair.key} className={styles.pair}>
          <TextInput
            aria-label={`${props.names}, ${noun} ${index + 1}`}
            placeholder={props.nameHint ?? props.names}
            value={pair.name}
            onChange={(event) => change(pair.key, { name: event.currentTarget.value })}
            error={problem(pair.name)}
            autoComplete="off"
            spellCheck={false}
            data-name
          />
          <TextInput
            aria-label={`${props.values}, ${noun} ${index + 1}`}
            placeholder={props.valueHint ?? props.values}
            value={pair.value}
            onChange={(event) => change(pair.key, { value: event.currentTarget.value })}
            autoComplete="off"
            spellCheck={false}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${noun} ${index + 1}`}
            onClick={() => onChange(pairs.filter((one) => one.key !== pair.key))}
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
          onChange([...pairs, newPair()]);
        }}
      >
        Add {noun}
      </Button>
    </fieldset>
  );
}
