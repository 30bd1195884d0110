import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { ConnectionField, CredentialField } from '../catalog/definition/field-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { fieldProblem } from '../catalog/requests/base-url.ts';
import { samplesOf } from './cases/sample-pattern.ts';
import { madeKey } from './made-keys.ts';
import type { Values } from './trial.ts';

/** What somebody enters to connect, made up from a file: nobody's. */
export interface MadeUp {
  /** The fields of the method, and the connection fields a person is asked for with it. */
  entered: Values;
  /** The secret ones among them. */
  secrets: readonly string[];
  /** Connection fields that are read while connecting: from the callback, the token answer, the choice of an account. */
  told: Values;
}

/** A certificate for a private key (PEM); where nobody makes one, methods that need one are not tried. */
export type MakeCertificate = (privateKeyPem: string) => string;

export type MadeUpOutcome =
  | ({ kind: 'made_up' } & MadeUp)
  /** Nothing is wrong with the file. */
  | { kind: 'not_tried'; why: string }
  /** `field`: of which nothing could be made up. */
  | { kind: 'unknown'; field: string; of: 'method' | 'connection' };

export function madeUpFor(
  definition: Definition,
  method: AuthMethod,
  makeCertificate: MakeCertificate | null,
): MadeUpOutcome {
  const fields = 'fields' in method ? method.fields : [];
  const entered: Record<string, string> = {};
  if (fields.some(({ name, required }) => name === 'certificate' && required) && makeCertificate === null)
    return { kind: 'not_tried', why: 'it needs a certificate, and none is made here' };
  for (const field of fields) {
    if (!field.required) continue;
    const value = credentialValue(method, field, makeCertificate);
    if (value === null) return { kind: 'unknown', field: field.name, of: 'method' };
    entered[field.name] = value;
  }
  const told: Record<string, string> = {};
  for (const field of definition.connectionFields) {
    const isAsked = field.methods?.includes(methodIdOf(method)) ?? true;
    if (!isAsked || field.fixed !== undefined || field.kind === 'authority') continue;
    const value = connectionValue(field);
    if (value === null && (field.required || field.filledFrom !== undefined))
      return { kind: 'unknown', field: field.name, of: 'connection' };
    if (value === null) continue;
    if (field.filledFrom !== undefined) told[field.name] = value;
    else entered[field.name] = value;
  }
  const secrets = fields
    .filter(({ secret }) => secret)
    .flatMap(({ name }) => (entered[name] === undefined ? [] : [entered[name]]));
  return { kind: 'made_up', entered, secrets, told };
}

function credentialValue(
  method: AuthMethod,
  field: CredentialField,
  makeCertificate: MakeCertificate | null,
): string | null {
  const key = madeKey('assertion' in method ? method.assertion.algorithm : undefined);
  if (field.name === 'key_file') return googleKeyFile(method, key.pem);
  if (field.name === 'private_key') return key.pem;
  if (field.name === 'certificate') return makeCertificate?.(key.pem) ?? null;
  // Looks like one, and says that it is none.
  if (field.name === 'access_key_id') return 'AKIAEXAMPLE000000000';
  const { pattern, choices, example } = field;
  if (choices !== undefined) return choices[0]?.value ?? null;
  if (pattern !== undefined) {
    const fitting = [example ?? '', ...samplesOf(pattern)].filter((text) =>
      new RegExp(pattern, 'u').test(text),
    );
    return fitting.find((text) => text !== '') ?? null;
  }
  if (field.secret) return `fake-${field.name.replaceAll('_', '-')}-good-0001`;
  return example ?? `example-${field.name.replaceAll('_', '-')}`;
}

function googleKeyFile(method: AuthMethod, pem: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'example-project',
    private_key_id: '00000000000000000000000000000000000000aa',
    private_key: pem,
    client_email: 'robot@example-project.iam.gserviceaccount.com',
    client_id: '100000000000000000001',
    ...('tokenUrl' in method && { token_uri: method.tokenUrl }),
  });
}

/** What may stand there: the example, the usual value, one of the choices, or what fits the pattern. */
function connectionValue(field: ConnectionField): string | null {
  const suffix = field.hostSuffixes?.[0]?.replace(/^\./, '');
  const host = suffix === undefined ? 'api.example.com' : `example.${suffix}`;
  const candidates = [
    field.choices?.[0]?.value,
    field.example,
    field.default,
    ...(field.pattern === undefined ? [] : samplesOf(field.pattern)),
    field.kind === 'url' ? `https://${host}` : field.kind === 'host' ? host : 'example',
  ];
  return (
    candidates.find((one) => one !== undefined && one !== '' && fieldProblem(field, one) === null) ?? null
  );
}
