import type { AuthMethod, Recognised } from '@keyrail/contract/integrations';
import { useEffect, useState } from 'react';
import { api } from '../../../lib/api.ts';

export interface Recognition {
  isAsking: boolean;
  found: Recognised | null;
}

const typingPauseMs = 250;
const nothing: Recognition = { isAsking: false, found: null };

/** Methods whose credentials say by themselves what they are: key files and certificates. */
export const isRecognisable = (method: AuthMethod | undefined): boolean =>
  method?.fields.some((field) => field.input === 'file' || field.input === 'multiline') ?? false;

/**
 * What the entered file is, as soon as it is here and before it is saved. Asked of the server, where it is neither stored
 * nor sent on. Where the question fails nothing is shown: saving says it then.
 */
export function useRecognised(
  slug: string,
  method: AuthMethod | undefined,
  values: Readonly<Record<string, string>>,
): Recognition {
  const [state, setState] = useState<Recognition>(nothing);
  const asked = isRecognisable(method) ? askable(method, values) : null;
  const methodId = method?.id;

  useEffect(() => {
    if (asked === null || methodId === undefined) return setState(nothing);
    const abort = new AbortController();
    setState((before) => ({ ...before, isAsking: true }));
    const timer = setTimeout(() => {
      const body = { method: methodId, credentials: JSON.parse(asked) as Record<string, string> };
      api.integrations.recognise(slug, body, abort.signal).then(
        (found) => setState({ isAsking: false, found }),
        () => !abort.signal.aborted && setState(nothing),
      );
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [slug, methodId, asked]);
  return state;
}

/** The filled fields of the method as one text; null while no file is among them. */
function askable(method: AuthMethod | undefined, values: Readonly<Record<string, string>>): string | null {
  const fields = method?.fields ?? [];
  const hasFile = fields.some(
    (field) => (field.input === 'file' || field.input === 'multiline') && (values[field.name] ?? '') !== '',
  );
  if (!hasFile) return null;
  const filled = fields.flatMap(({ name }) => ((values[name] ?? '') === '' ? [] : [[name, values[name]]]));
  return JSON.stringify(Object.fromEntries(filled));
}
