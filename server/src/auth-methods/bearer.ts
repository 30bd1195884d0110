import type { Placement } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';
import { place } from './placement.ts';

const BEARER: readonly Placement[] = [
  { in: 'header', name: 'authorization', value: 'Bearer {access_token}' },
];

/** A token that was made for this credential, as field `access_token`; RFC 6750 unless the definition sends it elsewhere. */
export function bearer(
  send: readonly Placement[] | undefined,
  fields: CredentialFields,
  basePath: string,
): Authenticator {
  const token = fields.reveal().access_token;
  return {
    apply: (request) =>
      (send ?? BEARER).reduce((changed, placement) => place(changed, placement, fields, basePath), request),
    secrets: token ? [new Secret(token)] : [],
  };
}
