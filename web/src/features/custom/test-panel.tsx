import type { CustomTestResult } from '@keyrail/contract/custom';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { type EnteredField, enteredFields } from './credential-inputs.ts';
import styles from './custom.module.css';
import type { Draft } from './draft.ts';
import { ExchangeView } from './exchange-view.tsx';
import { actionName, itemName } from './item-name.ts';
import type { Trial } from './use-trial.ts';

interface Props {
  draft: Draft;
  trial: Trial;
  /** Whether what is entered here becomes the first connection; left out where there are some. */
  connects?: { isOn: boolean; set: (isOn: boolean) => void } | undefined;
}

/** Tries what is described, as it stands right now. Nothing is saved by it. */
export function TestPanel({ draft, trial, connects }: Props) {
  const fields = enteredFields(draft.auth);
  const { chosen, inputs } = trial;
  const at = draft.actions.findIndex((action) => action.key === chosen);
  const action = draft.actions[at];
  const hasEntered = fields.some(({ name }) => (trial.credentials[name] ?? '') !== '');
  return (
    <aside className={styles.test} aria-labelledby="test-title">
      <h2 id="test-title">Test</h2>
      <p className={styles.help}>
        Sends one request as it is described now. What you enter here is used for it and kept nowhere.
      </p>
      <form
        className={styles.group}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void trial.run();
        }}
      >
        {fields.map((field) => (
          <Entered
            key={field.name}
            field={field}
            value={trial.credentials[field.name] ?? ''}
            error={trial.problem(`credentials.${field.name}`)}
            onText={(value) => trial.setCredential(field.name, value)}
          />
        ))}
        {draft.actions.length > 0 && (
          <NativeSelect
            label="What to send"
            value={action === undefined ? '' : action.key}
            onChange={(event) => trial.choose(event.currentTarget.value || null)}
            data={[
              { value: '', label: 'The check request' },
              ...draft.actions.map((one, index) => ({
                value: one.key,
                label: one.label.trim() || `Action ${index + 1}`,
              })),
            ]}
          />
        )}
        {action?.inputs.map((input, index) => {
          const name = itemName(action.inputs, index);
          return (
            <TextInput
              key={input.key}
              label={input.label.trim() || name}
              value={inputs[name] ?? ''}
              onChange={(event) => trial.setInput(name, event.currentTarget.value)}
              autoComplete="off"
            />
          );
        })}
        <Button
          type="submit"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={trial.isRunning}
          className={styles.run}
        >
          Test
        </Button>
        {connects !== undefined && hasEntered && draft.auth.type !== 'oauth2' && (
          <Checkbox
            label="Connect with this when I save"
            checked={connects.isOn}
            onChange={(event) => connects.set(event.currentTarget.checked)}
          />
        )}
      </form>
      <div aria-live="polite">
        {trial.error !== null && (
          <Notice tone="red" title={failureOf(trial.error).title}>
            {/* What stands at the fields is not said twice. */}
            {!isAtFields(trial.error) && <p>{failureOf(trial.error).detail}</p>}
          </Notice>
        )}
        {trial.result !== null && <Result result={trial.result} isOld={trial.isOld} />}
      </div>
    </aside>
  );
}

/** The name that a test runs an action under. */
export function chosenAction(draft: Draft, key: string | null): string | null {
  const index = draft.actions.findIndex((action) => action.key === key);
  return index === -1 ? null : actionName(draft.actions, index);
}

const isAtFields = (error: unknown): boolean => error instanceof ApiError && error.fields.length > 0;

interface EnteredProps {
  field: EnteredField;
  value: string;
  error: string | undefined;
  onText: (text: string) => void;
}

function Entered({ field, value, error, onText }: EnteredProps) {
  const common = {
    label: field.isOptional ? `${field.label} (optional)` : field.label,
    description: field.help,
    value,
    error,
    autoComplete: 'off',
    spellCheck: false,
  };
  if (field.kind === 'file') {
    return (
      <Textarea
        {...common}
        description={field.help ?? 'Paste the text of the file.'}
        rows={3}
        onChange={(event) => onText(event.currentTarget.value)}
        classNames={{ input: styles.code ?? '' }}
      />
    );
  }
  if (field.kind === 'text') {
    return <TextInput {...common} onChange={(event) => onText(event.currentTarget.value)} />;
  }
  return (
    <SecretInput
      {...common}
      autoComplete="new-password"
      data-1p-ignore
      data-lpignore="true"
      onChange={(event) => onText(event.currentTarget.value)}
    />
  );
}

function Result({ result, isOld }: { result: CustomTestResult; isOld: boolean }) {
  const { verdict, outputs, exchange } = result;
  return (
    <div className={styles.result} data-old={isOld || undefined}>
      <Notice tone={result.is_ok ? 'green' : 'red'} title={result.message}>
        {result.next_step !== null && <p>{result.next_step}</p>}
        {verdict?.provider_message != null && <p className={styles.said}>“{verdict.provider_message}”</p>}
        {result.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        {isOld && <p>The description changed since.</p>}
      </Notice>
      {outputs !== null && (
        <dl className={styles.outputs}>
          {Object.entries(outputs).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {exchange !== null && <ExchangeView exchange={exchange} />}
    </div>
  );
}
