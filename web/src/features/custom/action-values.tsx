import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import styles from './custom.module.css';
import { type DraftAction, newInput, newOutput } from './draft.ts';
import { Line } from './form-parts.tsx';
import { itemName } from './item-name.ts';
import { LinesField } from './lines-field.tsx';
import { valueTypes } from './value-types.ts';

interface Props {
  action: DraftAction;
  onChange: (more: Partial<DraftAction>) => void;
  problem: (path: string) => string | undefined;
}

/** What each row gives to an action. */
export function InputsField({ action, onChange, problem }: Props) {
  const { inputs } = action;
  return (
    <LinesField
      label="Inputs"
      help="What each row gives to it."
      noun="input"
      line="item"
      items={inputs}
      make={newInput}
      onChange={(items) => onChange({ inputs: items })}
    >
      {(input, at, change) => (
        <>
          <TextInput
            aria-label={`Input ${at + 1}`}
            placeholder="Full name"
            value={input.label}
            onChange={(event) => change({ label: event.currentTarget.value })}
            error={problem(`inputs.${at}`)}
            description={<code>{`{${itemName(inputs, at)}}`}</code>}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autoComplete="off"
          />
          <NativeSelect
            aria-label={`Type of input ${at + 1}`}
            value={input.type}
            onChange={(event) => change({ type: event.currentTarget.value })}
            data={valueTypes}
          />
          <Checkbox
            label="Needed"
            className={styles.needed}
            checked={input.isRequired}
            onChange={(event) => change({ isRequired: event.currentTarget.checked })}
          />
        </>
      )}
    </LinesField>
  );
}

/** What its answer gives to the table. */
export function OutputsField({ action, onChange, problem }: Props) {
  return (
    <LinesField
      label="Outputs"
      help="What the answer gives, by its place in it. The column shows the first."
      noun="output"
      line="item"
      items={action.outputs}
      make={newOutput}
      onChange={(outputs) => onChange({ outputs })}
      isNeeded
    >
      {(output, at, change) => (
        <>
          <TextInput
            aria-label={`Output ${at + 1}`}
            placeholder="E-mail"
            value={output.label}
            onChange={(event) => change({ label: event.currentTarget.value })}
            error={problem(`outputs.${at}.label`) ?? problem(`outputs.${at}.name`)}
            autoComplete="off"
          />
          <Line
            aria-label={`Place of output ${at + 1} in the answer`}
            placeholder="person.email"
            value={output.path}
            onText={(path) => change({ path })}
            error={problem(`outputs.${at}.path`)}
          />
          <NativeSelect
            aria-label={`Type of output ${at + 1}`}
            value={output.type}
            onChange={(event) => change({ type: event.currentTarget.value })}
            data={valueTypes}
          />
        </>
      )}
    </LinesField>
  );
}
