import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { InputsField, OutputsField } from './action-values.tsx';
import styles from './custom.module.css';
import type { DraftAction } from './draft.ts';
import { Line } from './form-parts.tsx';
import { itemName } from './item-name.ts';
import { PairsField } from './pairs-field.tsx';

interface Props {
  action: DraftAction;
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
