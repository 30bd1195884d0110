import type { CustomDefinition, CustomDefinitionInput } from '@keyrail/contract/custom';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button } from '@mantine/core';
import { useEffect, useId, useRef, useState } from 'react';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { ActionsPart } from './actions-part.tsx';
import { AuthPart } from './auth-part.tsx';
import { BasicsPart } from './basics-part.tsx';
import { CheckPart } from './check-part.tsx';
import styles from './custom.module.css';
import type { Draft } from './draft.ts';
import { MorePart } from './more-part.tsx';
import { TestPanel } from './test-panel.tsx';
import { useTrial } from './use-trial.ts';
import { written } from './written.ts';

interface Props {
  start: () => Draft;
  /** What is saved so far; null for a new one. */
  base: CustomDefinition | null;
  verb: string;
  /** `entered`: what is to become the first connection, if anything. */
  onSave: (definition: CustomDefinitionInput, entered: Record<string, string> | null) => Promise<void>;
  /** Whether a connection may be made along with it. */
  mayConnect: boolean;
  onCancel: () => void;
}

interface Problem {
  path: string;
  message: string;
}

/** The form that describes an app, and beside it what tries it. */
export function Builder({ start, base, verb, onSave, mayConnect, onCancel }: Props) {
  const [draft, setDraft] = useState(start);
  const [problems, setProblems] = useState<Problem[]>([]);
  // What a test found is said beside its button already.
  const [isFromTest, setFromTest] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [connects, setConnects] = useState(true);
  const formId = useId();
  const form = useRef<HTMLDivElement>(null);

  const show = (found: Problem[], ofTest = false) => {
    setProblems(found);
    setFromTest(ofTest);
  };
  // Once they are marked, and not before.
  useEffect(() => {
    if (problems.length > 0) focusFirst(form.current);
  }, [problems]);
  const trial = useTrial(draft, base, show, (found) => show(found, true));
  const problem = (path: string) =>
    problems.find((one) => one.path === path || one.path.startsWith(`${path}.`))?.message;
  const part = {
    draft,
    problem,
    onChange: (more: Partial<Draft>) => setDraft((now) => ({ ...now, ...more })),
  };

  const save = async () => {
    setError(null);
    const text = written(draft, base);
    if (text.kind === 'problems') return show(text.problems);
    setBusy(true);
    try {
      const entered = trial.entered();
      const isEntered = Object.keys(entered).length > 0 && draft.auth.type !== 'oauth2';
      await onSave(text.definition, mayConnect && connects && isEntered ? entered : null);
    } catch (cause) {
      setError(cause);
      show(cause instanceof ApiError ? cause.fields : []);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className={styles.columns}>
      <div className={styles.main} ref={form}>
        <form
          id={formId}
          noValidate
          autoComplete="off"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        />
        <Section title="The app">
          <div className={styles.group}>
            <BasicsPart {...part} />
          </div>
        </Section>
        <Section title="Authentication" about="The secrets themselves are entered with each connection.">
          <div className={styles.group}>
            <AuthPart {...part} />
          </div>
        </Section>
        <Section
          title="Check"
          about="One harmless request, sent before a connection is saved and daily after."
        >
          <div className={styles.group}>
            <CheckPart {...part} />
          </div>
        </Section>
        <Section title="Actions" about="What action columns can do with it, row by row.">
          <div className={styles.group}>
            <ActionsPart {...part} />
          </div>
        </Section>
        <Section title="More">
          <div className={styles.group}>
            <MorePart {...part} />
          </div>
        </Section>
      </div>
      <TestPanel
        draft={draft}
        trial={trial}
        connects={mayConnect ? { isOn: connects, set: setConnects } : undefined}
      />
      <div className={styles.foot}>
        {error !== null && (
          <Notice tone="red" live title={failureOf(error).title}>
            <p>{failureOf(error).detail}</p>
          </Notice>
        )}
        {error === null && problems.length > 0 && !isFromTest && (
          <Notice tone="red" live title="Something is not right yet.">
            {problems.slice(0, 3).map((one) => (
              <p key={one.path}>{one.message}</p>
            ))}
          </Notice>
        )}
        <div className={styles.buttons}>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" form={formId} loading={isBusy}>
            {verb}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** The first field that is marked, opened where it stands folded away. */
function focusFirst(form: HTMLElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  for (let box = field?.closest('details'); box; box = box.parentElement?.closest('details') ?? null)
    box.open = true;
  field?.focus();
}
