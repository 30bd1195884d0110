import type { CredentialField, FieldChoices } from '@keyrail/contract/integrations';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Loader, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './credential-fields.module.css';
import { NextStep, OwnWords } from './outcome.tsx';

export type AskChoices = (
  field: string,
  credentials: Record<string, string>,
  signal: AbortSignal,
) => Promise<FieldChoices>;

interface Props {
  field: CredentialField;
  fields: readonly CredentialField[];
  values: Readonly<Record<string, string>>;
  onChange: (value: string) => void;
  error: string | undefined;
  toolName: string;
  help: React.ReactNode;
  onAsk: AskChoices;
  /** Something entered is known to be wrong: the tool is not asked with it. */
  isBlocked: boolean;
}

type State =
  | { kind: 'waiting' }
  | { kind: 'asking' }
  | { kind: 'listed'; choices: FieldChoices }
  | { kind: 'refused'; error: unknown };

const typingPauseMs = 600;

/** A field whose choices the tool itself lists, as soon as the others are filled in. It can be typed all the same. */
export function ListedField(props: Props) {
  const { field, values, onChange, error, toolName, help } = props;
  const [isTyping, setTyping] = useState(false);
  const { state, again } = useChoices(props);
  const value = values[field.name] ?? '';
  const shared = {
    label: field.label,
    error,
    required: field.is_required,
    withAsterisk: false,
    inputWrapperOrder: ['label', 'input', 'error', 'description'] as const,
    value,
  };
  const input = { ...shared, inputWrapperOrder: [...shared.inputWrapperOrder] };
  const byHand = (
    <Button size="compact-sm" variant="subtle" onClick={() => setTyping(!isTyping)}>
      {isTyping ? 'Choose from the list' : 'Enter it by hand'}
    </Button>
  );
  if (isTyping) {
    return (
      <div className={styles.listed}>
        <TextInput
          {...input}
          description={help}
          onChange={(event) => onChange(event.currentTarget.value)}
          placeholder={field.example ?? undefined}
          autoComplete="off"
          spellCheck={false}
        />
        {byHand}
      </div>
    );
  }
  const choices = state.kind === 'listed' ? state.choices.data : [];
  // The one that is saved stands there before the tool is asked.
  const known =
    choices.some((choice) => choice.value === value) || value === '' ? [] : [{ value, label: value }];
  return (
    <div className={styles.listed}>
      <NativeSelect
        {...input}
        description={
          state.kind === 'waiting' ? `Fill in the others; then ${toolName} lists what there is.` : help
        }
        disabled={state.kind !== 'listed' && known.length === 0}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[{ value: '', label: firstLine(state, field.label) }, ...known, ...choices]}
      />
      <div className={styles.listedFoot}>
        <span role="status">
          {state.kind === 'asking' && (
            <>
              <Loader size={14} aria-hidden /> Asking {toolName}…
            </>
          )}
          {state.kind === 'listed' && choices.length === 0 && `${toolName} lists none.`}
          {state.kind === 'listed' && !state.choices.is_complete && `${toolName} has more than these.`}
        </span>
        {state.kind === 'listed' && (
          <Button size="compact-sm" variant="subtle" onClick={again}>
            Ask again
          </Button>
        )}
        {state.kind !== 'waiting' && byHand}
      </div>
      {state.kind === 'refused' && <NotListed error={state.error} toolName={toolName} onAgain={again} />}
    </div>
  );
}

const firstLine = (state: State, label: string): string =>
  state.kind === 'asking' ? 'Loading…' : `Choose: ${label.toLowerCase()}…`;

/** Asks once the other required fields are filled, and again when they change. */
function useChoices({ field, fields, values, onAsk, isBlocked }: Props) {
  const [state, setState] = useState<State>({ kind: 'waiting' });
  const [turn, setTurn] = useState(0);
  const others = fields.filter(({ name }) => name !== field.name);
  const isReady =
    !isBlocked && others.every(({ name, is_required }) => !is_required || (values[name] ?? '') !== '');
  const asked = isReady
    ? JSON.stringify(
        Object.fromEntries(others.flatMap(({ name }) => (values[name] ? [[name, values[name]]] : []))),
      )
    : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when what was entered changes, or on demand
  useEffect(() => {
    if (asked === null) return setState({ kind: 'waiting' });
    const abort = new AbortController();
    const timer = setTimeout(() => {
      setState({ kind: 'asking' });
      onAsk(field.name, JSON.parse(asked) as Record<string, string>, abort.signal).then(
        (choices) => setState({ kind: 'listed', choices }),
        (error: unknown) => !abort.signal.aborted && setState({ kind: 'refused', error }),
      );
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked, turn, field.name]);
  return { state, again: () => setTurn(turn + 1) };
}

/** Why there is no list, in the tool's own words where it said so. */
function NotListed({ error, toolName, onAgain }: { error: unknown; toolName: string; onAgain: () => void }) {
  const verdict = error instanceof ApiError ? error.verdict : undefined;
  const failure = failureOf(error);
  const fields = error instanceof ApiError ? error.fields : [];
  return (
    <Notice
      tone="red"
      live
      title={verdict?.message ?? fields[0]?.message ?? failure.title}
      action={
        <Button size="compact-sm" variant="default" onClick={onAgain}>
          Ask again
        </Button>
      }
    >
      {verdict === undefined ? (
        <>
          {fields.length === 0 && failure.detail !== undefined && <p>{failure.detail}</p>}
          {fields.slice(1).map((one) => (
            <p key={one.path}>{one.message}</p>
          ))}
        </>
      ) : (
        <>
          <p>
            <NextStep verdict={verdict} />
          </p>
          <OwnWords verdict={verdict} tool={{ name: toolName }} />
        </>
      )}
    </Notice>
  );
}
