import { ActionIcon, Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import styles from './custom.module.css';
import { type DraftAction, itemName, newKey } from './draft.ts';
import { Line } from './form-parts.tsx';
import { PairsField } from './pairs-field.tsx';
import { valueTypes } from './value-types.ts';

interface Props {
  action: DraftAction;
  actions: readonly DraftAction[];
  index: number;
  onChange: (more: Partial<DraftAction>) => void;
  problem: (path: string) => string | undefined;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** One action: its request, what goes in, what comes out. */
export function ActionEditor({ action, onChange, problem }: Props) {
  const places = action.inputs.map((_, at) => `{${itemName(action.inputs, at)}}`);
  return (
    <>
      <TextInput
        label="Name of the action"
        placeholder="Find e-mail"
        value={action.label}
        onChange={(event) => onChange({ label: event.currentTarget.value })}
        error={problem('label') ?? problem('name')}
        maxLength={60}
        autoComplete="off"
      />
      <InputsField action={action} onChange={onChange} problem={problem} />
      <div className={styles.request}>
        <NativeSelect
          label="Method"
          value={action.method}
          onChange={(event) => onChange({ method: event.currentTarget.value as DraftAction['method'] })}
          data={methods}
        />
        <Line
          label="Path"
          description={
            places.length > 0 ? `Inputs stand in it as ${places.join(', ')}.` : 'After the base URL.'
          }
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          placeholder="/people"
          value={action.path}
          onText={(path) => onChange({ path })}
          error={problem('path')}
        />
      </div>
      <PairsField
        label="Parameters"
        noun="parameter"
        names="Name"
        values="Value"
        {...(places[0] !== undefined && { valueHint: places[0] })}
        pairs={action.query}
        onChange={(query) => onChange({ query })}
        problem={(name) => (name === '' ? undefined : problem(`query.${name}`))}
      />
      {action.method !== 'GET' && (
        <Textarea
          label="Body (JSON)"
          description={`Inputs stand in it as texts: ${places[0] === undefined ? '"{name}"' : `"${places[0]}"`}.`}
          autosize
          minRows={2}
          maxRows={16}
          spellCheck={false}
          value={action.body}
          onChange={(event) => onChange({ body: event.currentTarget.value })}
          error={problem('body')}
          classNames={{ input: styles.code ?? '' }}
        />
      )}
      <OutputsField action={action} onChange={onChange} problem={problem} />
      <Checkbox
        label="May be repeated"
        description="Sending it twice does no more than once and costs nothing. Then Keyrail repeats it when an answer gets lost."
        checked={action.isRepeatable}
        onChange={(event) => onChange({ isRepeatable: event.currentTarget.checked })}
      />
      <details className={styles.details}>
        <summary>Headers, “nothing found”, another host</summary>
        <PairsField
          label="Headers"
          noun="header"
          names="Header"
          values="Value"
          pairs={action.headers}
          onChange={(headers) => onChange({ headers })}
          problem={(name) => (name === '' ? undefined : problem(`headers.${name}`))}
        />
        <div className={styles.pair2}>
          <Line
            label="Statuses for “nothing found”"
            value={action.noResultStatus}
            onText={(noResultStatus) => onChange({ noResultStatus })}
            error={problem('no_result_status')}
          />
          <Line
            label="or nothing at"
            placeholder="person.email"
            value={action.noResultPath}
            onText={(noResultPath) => onChange({ noResultPath })}
            error={problem('no_result')}
          />
        </div>
        <Line
          label="Another address"
          description="One of the allowed hosts, where this action is not at the base URL."
          value={action.address}
          onText={(address) => onChange({ address })}
          error={problem('address')}
        />
      </details>
    </>
  );
}

type FieldProps = Pick<Props, 'action' | 'onChange' | 'problem'>;

function InputsField({ action, onChange, problem }: FieldProps) {
  const { inputs } = action;
  const change = (key: string, more: Partial<(typeof inputs)[number]>) =>
    onChange({ inputs: inputs.map((one) => (one.key === key ? { ...one, ...more } : one)) });
  return (
    <fieldset className={styles.pairs}>
      <legend>Inputs</legend>
      <p className={styles.help}>What each row gives to it.</p>
      {inputs.map((input, at) => (
        <div key={input.key} className={styles.item}>
          <TextInput
            aria-label={`Input ${at + 1}`}
            placeholder="Full name"
            value={input.label}
            onChange={(event) => change(input.key, { label: event.currentTarget.value })}
            error={problem(`inputs.${at}`)}
            description={<code>{`{${itemName(inputs, at)}}`}</code>}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            autoComplete="off"
          />
          <NativeSelect
            aria-label={`Type of input ${at + 1}`}
            value={input.type}
            onChange={(event) => change(input.key, { type: event.currentTarget.value })}
            data={valueTypes}
          />
          <Checkbox
            label="Needed"
            className={styles.needed}
            checked={input.isRequired}
            onChange={(event) => change(input.key, { isRequired: event.currentTarget.checked })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove input ${at + 1}`}
            onClick={() => onChange({ inputs: inputs.filter((one) => one.key !== input.key) })}
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
        onClick={() =>
          onChange({
            inputs: [...inputs, { key: newKey(), name: '', label: '', type: 'text', isRequired: true }],
          })
        }
      >
        Add input
      </Button>
    </fieldset>
  );
}

function OutputsField({ action, onChange, problem }: FieldProps) {
  const { outputs } = action;
  const change = (key: string, more: Partial<(typeof outputs)[number]>) =>
    onChange({ outputs: outputs.map((one) => (one.key === key ? { ...one, ...more } : one)) });
  return (
    <fieldset className={styles.pairs}>
      <legend>Outputs</legend>
      <p className={styles.help}>What the answer gives, by its place in it. The column shows the first.</p>
      {outputs.map((output, at) => (
        <div key={output.key} className={styles.item}>
          <TextInput
            aria-label={`Output ${at + 1}`}
            placeholder="E-mail"
            value={output.label}
            onChange={(event) => change(output.key, { label: event.currentTarget.value })}
            error={problem(`outputs.${at}.label`) ?? problem(`outputs.${at}.name`)}
            autoComplete="off"
          />
          <Line
            aria-label={`Place of output ${at + 1} in the answer`}
            placeholder="person.email"
            value={output.path}
            onText={(path) => change(output.key, { path })}
            error={problem(`outputs.${at}.path`)}
          />
          <NativeSelect
            aria-label={`Type of output ${at + 1}`}
            value={output.type}
            onChange={(event) => change(output.key, { type: event.currentTarget.value })}
            data={valueTypes}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove output ${at + 1}`}
            disabled={outputs.length === 1}
            onClick={() => onChange({ outputs: outputs.filter((one) => one.key !== output.key) })}
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
        onClick={() =>
          onChange({ outputs: [...outputs, { key: newKey(), name: '', label: '', type: 'text', path: '' }] })
        }
      >
        Add output
      </Button>
    </fieldset>
  );
}
