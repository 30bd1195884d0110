import type { CustomAuth } from '@keyrail/contract/custom-auth';
import { serviceAccountOf } from './service-account-of.ts';

/** The part of a catalog file that says how to authenticate, from what was described. */
export function authOf(auth: CustomAuth): Record<string, unknown> {
  const base = { id: auth.type };
  switch (auth.type) {
    case 'header':
      return {
        ...base,
        type: 'api_key',
        fields: secretFields(auth.headers),
        send: auth.headers.map(({ name, prefix }, index) => ({
          in: 'header',
          name,
          value: `${prefix}{${fieldName(index)}}`,
        })),
      };
    case 'query':
      return {
        ...base,
        type: 'api_key',
        fields: secretFields(auth.parameters),
        send: auth.parameters.map(({ name }, index) => ({
          in: 'query',
          name,
          value: `{${fieldName(index)}}`,
        })),
      };
    case 'bearer':
      return {
        ...base,
        type: 'api_key',
        fields: [{ name: 'token', label: auth.label }],
        send: [{ in: 'header', name: 'Authorization', value: 'Bearer {token}' }],
      };
    case 'basic':
      return {
        ...base,
        type: 'basic',
        fields: [
          { name: 'username', label: auth.username_label, secret: auth.is_username_secret },
          { name: 'password', label: auth.password_label, required: !auth.is_username_secret },
        ],
        username: '{username}',
        password: '{password}',
      };
    case 'oauth2':
      return { ...base, ...tokenAuth(auth), ...oauth2Of(auth) };
    case 'oauth2_client_credentials':
      return {
        ...base,
        ...tokenAuth(auth),
        token_url: auth.token_url,
        fields: [
          { name: 'client_id', label: 'Client id', secret: false },
          { name: 'client_secret', label: 'Client secret' },
        ],
      };
    case 'service_account':
      return { ...base, type: 'service_account', ...serviceAccountOf(auth) };
    case 'certificate':
      return { ...base, type: 'certificate', fields: CERTIFICATE_FIELDS };
    case 'none':
      return { ...base, type: 'none' };
  }
}

/** What a person enters for it, by name: a change of these means that what is stored no longer fits. */
export function enteredNames(auth: CustomAuth): string[] {
  const { fields } = authOf(auth) as { fields?: { name: string; secret?: boolean }[] };
  // What was entered as a secret is never treated as less.
  const entered = (fields ?? []).map(({ name, secret = true }) => `${name}${secret ? '' : ' (shown)'}`);
  return [auth.type, ...('kind' in auth ? [auth.kind] : []), ...entered];
}

function fieldName(index: number): string {
  return index === 0 ? 'api_key' : `api_key_${index + 1}`;
}

function secretFields(carried: readonly { label: string }[]) {
  return carried.map(({ label }, index) => ({ name: fieldName(index), label }));
}

type TokenAuth = Extract<CustomAuth, { type: 'oauth2' | 'oauth2_client_credentials' }>;

function tokenAuth(auth: TokenAuth) {
  return {
    type: auth.type,
    scopes: auth.scopes,
    scope_separator: auth.scope_separator,
    token_auth_method: auth.token_auth_method,
    token_params: auth.token_params,
  };
}

function oauth2Of(auth: Extract<CustomAuth, { type: 'oauth2' }>) {
  return {
    authorize_url: auth.authorize_url,
    token_url: auth.token_url,
    ...(auth.refresh_url !== null && { refresh_url: auth.refresh_url }),
    ...(auth.revoke_url !== null && { revoke_url: auth.revoke_url }),
    ...(auth.issuer !== null && { issuer: auth.issuer, issuer_required: auth.is_issuer_sent }),
    pkce: auth.pkce,
    authorize_params: auth.authorize_params,
  };
}

const CERTIFICATE_FIELDS = [
  { name: 'certificate', label: 'Client certificate (PEM, .p12 or .pfx)', kind: 'file' },
  {
    name: 'private_key',
    label: 'Private key (PEM)',
    help: 'Left out where the file of the certificate has its key in it, as a .p12 or .pfx file does.',
    kind: 'file',
  },
  { name: 'passphrase', label: 'Passphrase of the key', required: false },
];
