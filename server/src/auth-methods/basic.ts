import type { BasicMethod } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';
import { fill, setHeader } from './placement.ts';

/** HTTP Basic (RFC 7617), UTF-8. User name and password are templates: many providers take a key as one of them. */
export function basic(method: BasicMethod, fields: CredentialFields): Authenticator {
  const pair = `${fill(method.username, fields)}:${fill(method.password, fields)}`;
  const encoded = new Secret(Buffer.from(pair, 'utf8').toString('base64'));
  const secretNames = method.fields.filter((field) => field.secret).map((field) => field.name);
  const values = secretNames.flatMap((name) => {
    const value = fields.reveal()[name];
    return value ? [new Secret(value)] : [];
  });
  return {
    apply: (request) => setHeader(request, 'authorization', `Basic ${encoded.reveal()}`),
    secrets: [encoded, ...values],
  };
}
