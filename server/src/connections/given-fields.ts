import type { Definition } from '../catalog/definition.ts';
import { fieldProblem } from '../catalog/requests/base-url.ts';

/** Of what came with a token: only what the catalog takes from its answer, and only values it allows there. */
export function givenFields(
  definition: Pick<Definition, 'connectionFields'> | null,
  came: Readonly<Record<string, string>>,
): Record<string, string> {
  const known = definition?.connectionFields ?? [];
  return Object.fromEntries(
    known.flatMap((field) => {
      const value = Object.hasOwn(came, field.name) ? came[field.name] : undefined;
      const isTaken = field.filledFrom?.source === 'token_response' && value !== undefined;
      return isTaken && fieldProblem(field, value) === null ? [[field.name, value]] : [];
    }),
  );
}
