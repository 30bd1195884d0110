import type { Definition } from '../definition.ts';
import { methodIdOf } from '../methods.ts';
import { AUTHORITY, fieldProblem } from '../requests/base-url.ts';
import type { FileProblem } from './source-file.ts';

/** Connection fields name methods that are there, and stand for a value that a person could have entered. */
export function checkFields({ auth, connectionFields }: Definition): FileProblem[] {
  const methods = new Set<string>(auth.map((method) => methodIdOf(method)));
  return connectionFields.flatMap((field, index): FileProblem[] => {
    const path = ['connection_fields', index];
    const unknown = field.methods?.find((name) => !methods.has(name));
    const unfit = field.default === undefined ? null : fieldProblem(field, field.default);
    return [
      ...(unknown === undefined
        ? []
        : [{ path: [...path, 'methods'], message: `There is no auth method "${unknown}".` }]),
      ...(field.kind !== 'authority' || field.name === AUTHORITY
        ? []
        : [{ path: [...path, 'name'], message: `A field of kind authority is called "${AUTHORITY}".` }]),
      ...(unfit === null ? [] : [{ path: [...path, 'default'], message: `The default ${unfit}` }]),
    ];
  });
}
