import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { filledAddress } from './addresses.ts';
import type { Failed } from './authorization.ts';

/**
 * Why this callback is not the one of the address that was chosen; null where it is. A provider with several regions says
 * which one the account lives in: with another one a code is worth nothing, and it is sent to no address that a query names.
 */
export function callbackMismatch(
  definition: Pick<Definition, 'name' | 'connectionFields'>,
  { callbackMatch }: Pick<OAuth2Method, 'callbackMatch'>,
  fields: Readonly<Record<string, string>>,
  query: URLSearchParams,
): Failed | null {
  for (const [parameter, template] of Object.entries(callbackMatch)) {
    const said = query.getAll(parameter);
    if (said.length === 0) continue;
    const wanted = filledAddress(definition, template, fields);
    if (said.some((one) => one.replace(/\/+$/, '') !== wanted)) return elsewhere(definition, said);
  }
  return null;
}

function elsewhere(
  { name, connectionFields }: Pick<Definition, 'name' | 'connectionFields'>,
  said: string[],
): Failed {
  const hosts = new Set(said.map((one) => URL.parse(one)?.host));
  // Only a place that the file knows is named: the rest of a query is anybody's words.
  const choices = connectionFields.flatMap((field) =>
    (field.choices ?? []).map((choice) => ({ field: field.label, ...choice })),
  );
  const place = choices.find((choice) => hosts.has(choice.value));
  return {
    kind: 'failed',
    // Nothing to go on with on purpose: the code of another region is worth nothing here.
    reason: 'rejected',
    message: `The account you signed in with lives in another region of ${name} than the one chosen here. Nothing was saved.`,
    nextStep:
      place === undefined
        ? `Start again and choose the region your ${name} account is in.`
        : `Start again and choose “${place.label}” as ${place.field}.`,
  };
}
