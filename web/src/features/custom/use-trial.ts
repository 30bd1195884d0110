import type { CustomDefinition, CustomTestResult } from '@keyrail/contract/custom';
import { ApiError } from '@keyrail/sdk/api-error';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { enteredFields } from './credential-inputs.ts';
import type { Draft } from './draft.ts';
import { chosenAction } from './test-panel.tsx';
import { written } from './written.ts';

/** One trial of a description: what was entered for it, and what came of it. */
export interface Trial {
  /** Only in memory, and gone with the page. */
  credentials: Record<string, string>;
  setCredential: (name: string, value: string) => void;
  /** The key of an action; null: the check request. */
  chosen: string | null;
  choose: (key: string | null) => void;
  inputs: Record<string, string>;
  setInput: (name: string, value: string) => void;
  run: () => Promise<void>;
  isRunning: boolean;
  result: CustomTestResult | null;
  /** Made with another description than the one that stands there now. */
  isOld: boolean;
  error: unknown;
  problem: (path: string) => string | undefined;
  /** What is entered for the way that is chosen now. */
  entered: () => Record<string, string>;
}

export function useTrial(
  draft: Draft,
  base: CustomDefinition | null,
  /** What could not even be sent. */
  onUnsent: (problems: { path: string; message: string }[]) => void,
  /** What the answer says of places in the description. */
  onProblems: (problems: { path: string; message: string }[]) => void,
): Trial {
  const [credentials, setCredentials] = useState<Record<string, string>>({});
  const [inputs, setInputs] = useState<Record<string, string>>({});
  const [chosen, choose] = useState<string | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [result, setResult] = useState<{ of: Draft; value: CustomTestResult } | null>(null);
  const [error, setError] = useState<unknown>(null);

  const entered = () =>
    Object.fromEntries(
      enteredFields(draft.auth).flatMap(({ name }) => {
        const value = credentials[name] ?? '';
        return value === '' ? [] : [[name, value]];
      }),
    );

  const run = async () => {
    setError(null);
    const text = written(draft, base);
    if (text.kind === 'problems') return onUnsent(text.problems);
    setRunning(true);
    try {
      const body = {
        definition: text.definition,
        credentials: entered(),
        action: chosenAction(draft, chosen),
        inputs,
      };
      setResult({ of: draft, value: await api.customIntegrations.test(body) });
      onProblems([]);
    } catch (cause) {
      setResult(null);
      setError(cause);
      if (cause instanceof ApiError) onProblems(cause.fields.filter(({ path }) => !isEntered(path)));
    } finally {
      setRunning(false);
    }
  };

  return {
    credentials,
    setCredential: (name, value) => setCredentials((now) => ({ ...now, [name]: value })),
    chosen,
    choose,
    inputs,
    setInput: (name, value) => setInputs((now) => ({ ...now, [name]: value })),
    run,
    isRunning,
    result: result?.value ?? null,
    isOld: result !== null && result.of !== draft,
    error,
    problem: (path) => (error instanceof ApiError ? error.field(path) : undefined),
    entered,
  };
}

const isEntered = (path: string): boolean => path.startsWith('credentials.');
