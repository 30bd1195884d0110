import type { ApiKeyMethod } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';
import { place } from './placement.ts';

/** A key sent as the definition says: one or more headers, query parameters or path prefixes. */
export function apiKey(method: ApiKeyMethod, fields: CredentialFields, basePath: string): Authenticator {
  const secretNames = method.fields.filter((field) => field.secret).map((field) => field.name);
  return {
    apply: (request) =>
      method.send.reduce((changed, placement) => place(changed, placement, fields, basePath), request),
    signsBody: method.send.some((one) => one.in === 'body'),
    secrets: secretNames.flatMap((name) => {
      const value = fields.reveal()[name];
      return value ? [new Secret(value)] : [];
    }),
  };
}
