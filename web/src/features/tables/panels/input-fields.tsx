import type { Action, ActionInput } from '@keyrail/contract/integrations';
import type { Column } from '@keyrail/contract/tables';
import type { InputMappingInput } from '@keyrail/sdk/shapes';
import { TextInput } from '@mantine/core';
import { useId } from 'react';
import styles from './panels.module.css';

type Inputs = Record<string, InputMappingInput>;

interface Props {
  action: Action;
  inputs: Inputs;
  columns: readonly Column[];
  onChange: (inputs: Inputs) => void;
}

/** Where each input comes from: a column of the same row, or a value that is the same for all. */
export function InputFields({ action, inputs, columns, onChange }: Props) {
  const set = (name: string, mapping: InputMappingInput | undefined) => {
    const { [name]: _, ...others } = inputs;
    onChange(mapping === undefined ? others : { ...others, [name]: mapping });
  };
  return action.inputs.map((input) => (
    <InputField
      key={input.name}
      input={input}
      mapping={inputs[input.name]}
      columns={columns}
      onChange={(mapping) => set(input.name, mapping)}
    />
  ));
}

interface FieldProps {
  input: ActionInput;
  mapping: InputMappingInput | undefined;
  columns: readonly Column[];
  onChange: (mapping: InputMappingInput | undefined) => void;
}

function InputField({ input, mapping, columns, onChange }: FieldProps) {
  const id = useId();
  const choose = (value: string) => {
    if (value === '') onChange(undefined);
    else if (value === 'constant')
      onChange({ kind: 'constant', value: input.default ?? input.choices?.[0] ?? '' });
    else onChange({ kind: 'column', column_id: value });
  };
  return (
    <div className={styles.input}>
      <label className={styles.inputLabel} htmlFor={id}>
        {input.label}
        {input.is_required && (
          <span className={styles.required} title="Required">
            {' '}
            *
          </span>
        )}
      </label>
      <div>
        <select
          id={id}
          className={styles.select}
          value={mapping === undefined ? '' : mapping.kind === 'column' ? mapping.column_id : 'constant'}
          required={input.is_required}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="">{input.is_required ? 'Choose a column' : 'Leave empty'}</option>
          {columns.map((column) => (
            <option key={column.id} value={column.id}>
              {column.name}
            </option>
          ))}
          <option value="constant">The same for every row…</option>
        </select>
        {mapping?.kind === 'constant' && (
          <Constant
            input={input}
            value={mapping.value}
            onChange={(value) => onChange({ kind: 'constant', value })}
          />
        )}
      </div>
      {input.help !== null && <span className={styles.inputHelp}>{input.help}</span>}
    </div>
  );
}

interface ConstantProps {
  input: ActionInput;
  value: string | number | boolean;
  onChange: (value: string | number | boolean) => void;
}

function Constant({ input, value, onChange }: ConstantProps) {
  if (input.choices !== null || input.type === 'boolean') {
    const choices = input.choices ?? ['true', 'false'];
    return (
      <select
        className={`${styles.select} ${styles.constant}`}
        aria-label={`${input.label}: the value`}
        value={String(value)}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          onChange(input.type === 'boolean' ? chosen === 'true' : chosen);
        }}
      >
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  return (
    <TextInput
      className={styles.constant}
      size="xs"
      aria-label={`${input.label}: the value`}
      value={String(value)}
      inputMode={input.type === 'number' ? 'decimal' : 'text'}
      onChange={(event) => {
        const text = event.currentTarget.value;
        const number = Number(text);
        onChange(input.type === 'number' && text.trim() !== '' && Number.isFinite(number) ? number : text);
      }}
    />
  );
}
