import type { AuthMethod } from '../definition/auth-definition.ts';
import type { Definition } from '../definition.ts';
import { placesIn } from '../requests/template.ts';
import type { FileProblem } from './source-file.ts';

/**
 * What is a credential is secret, whatever the file says of it: only of what is secret is every trace taken out of answers,
 * errors and logs. Shown may be what stands beside it, such as an email address, or the public half of a pair.
 */
export function checkSecrets(definition: Definition): FileProblem[] {
  return definition.auth.flatMap((method, index) => {
    const fields = 'fields' in method ? method.fields : [];
    const shown = fields.filter((field) => !field.secret).map(({ name }) => name);
    const problems = fields.flatMap(({ name }, at): FileProblem[] =>
      shown.includes(name) && isCredential(name, method)
        ? [{ path: ['auth', index, 'fields', at, 'secret'], message: message(name) }]
        : [],
    );
    if (problems.length > 0 || !hasNothingSecret(method, shown)) return problems;
    return [
      {
        path: ['auth', index, 'fields'],
        message: 'Nothing that this method sends is secret. Take secret: false away from its key.',
      },
    ];
  });
}

function message(name: string): string {
  return `"${name}" is what authenticates, and stays secret. Take secret: false away.`;
}

/** By where it goes, or by what it is called. */
function isCredential(name: string, method: AuthMethod): boolean {
  if (method.type === 'basic' && placesIn(method.password).includes(name)) return true;
  if (SECRET.test(name)) return true;
  const others = 'fields' in method ? method.fields.filter((field) => field.secret) : [];
  return KEY.test(name) && !others.some((field) => SECRET.test(field.name));
}

const SECRET = /(^|_)(token|secret|password|passphrase)$/;
/** A public half is called so, too: beside it stands the secret one. */
const KEY = /(^|_)key$/;

/** Of methods whose fields are all sent as they are. */
function hasNothingSecret(method: AuthMethod, shown: readonly string[]): boolean {
  if (method.type !== 'api_key' && method.type !== 'basic') return false;
  const sent = placesIn(method.type === 'basic' ? [method.username, method.password] : method.send);
  const names = method.fields.map(({ name }) => name).filter((name) => sent.includes(name));
  return names.length > 0 && names.every((name) => shown.includes(name));
}
