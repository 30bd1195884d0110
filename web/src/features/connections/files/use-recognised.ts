import type { AuthMethod, CredentialField, Recognised } from '@keyrail/contract/integrations';
import { useEffect, useState } from 'react';
import { api } from '../../../lib/api.ts';

export interface Recognition {
  isAsking: boolean;
  found: Recognised | null;
}

const typingPauseMs = 250;
const nothing: Recognition = { isAsking: false, found: null };

/** Where what is entered says by itself what it is: key files, access keys of programs, certificates. */
export const isRecognisable = (method: AuthMethod | undefined, fields: readonly CredentialField[]): boolean =>
  isOfFiles(method) || fields.some(isFile);

const isOfFiles = (method: AuthMethod | undefined): boolean =>
  method?.kind === 'service_account' || method?.kind === 'certificate' || hasFileField(method);

const isFile = ({ input }: CredentialField): boolean => input === 'file' || input === 'multiline';
const hasFileField = (method: AuthMethod | undefined): boolean => method?.fields.some(isFile) ?? false;

/**
 * What the entered file is, as soon as it is here and before it is saved. Asked of the server, where it is neither stored
 * nor sent on. Where the question fails nothing is shown: saving says it then.
 */
export function useRecognised(
  slug: string,
  method: AuthMethod | undefined,
  fields: readonly CredentialField[],
  values: Readonly<Record<string, string>>,
): Recognition {
  const [state, setState] = useState<Recognition>(nothing);
  const asked = isRecognisable(method, fields) ? askable(method, fields, values) : null;
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

/** The filled fields as one text; null while a file, or one of the fields without which they say nothing, is missing. */
function askable(
  method: AuthMethod | undefined,
  fields: readonly CredentialField[],
  values: Readonly<Record<string, string>>,
): string | null {
  const isFilled = ({ name }: CredentialField) => (values[name] ?? '') !== '';
  const hasFile = fields.some((field) => isFile(field) && isFilled(field));
  const saysItself = isOfFiles(method) && !hasFileField(method);
  // Where it is (a region) says nothing of what it is.
  const isWhole = (method?.fields ?? []).every((field) => isFilled(field) || !field.is_required);
  if (!hasFile && !(saysItself && isWhole)) return null;
  return JSON.stringify(Object.fromEntries(fields.filter(isFilled).map(({ name }) => [name, values[name]])));
}
