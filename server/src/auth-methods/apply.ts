import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import { apiKey } from './api-key.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';
import { awsAccessKey } from './aws-access-key.ts';
import { basic } from './basic.ts';
import { bearer } from './bearer.ts';
import { certificate } from './client-certificate.ts';
import { mintsTokens } from './mint-service-account.ts';

/**
 * How a credential turns into an authenticated request: the one place where an auth method's type is looked at.
 * For token methods `fields` has the token as `access_token`. `basePath` is the path of the integration's base URL, for methods that put a secret after it.
 */
export function authenticator(method: AuthMethod, fields: CredentialFields, basePath = ''): Authenticator {
  switch (method.type) {
    case 'api_key':
      return apiKey(method, fields, basePath);
    case 'basic':
      return basic(method, fields);
    case 'none':
      return { apply: (request) => request, secrets: [] };
    case 'oauth2':
    case 'oauth2_client_credentials':
      return bearer(method.send, fields, basePath);
    case 'service_account':
      return method.kind === 'aws_access_key'
        ? awsAccessKey(method, fields)
        : bearer(method.send, fields, basePath);
    case 'certificate':
      return certificate(fields);
  }
}

/**
 * Whether requests are made with a token that is made from the credential and lives for a short time (room `tokens`). `fields`:
 * what was entered and is no secret.
 */
export function usesTokens(method: AuthMethod, fields: Readonly<Record<string, string>>): boolean {
  if (method.type === 'service_account') return mintsTokens(method, fields);
  return method.type === 'oauth2' || method.type === 'oauth2_client_credentials';
}

/** Whether each request itself says when it was made: what it is signed with, or the JWT it carries. */
export function saysItsTime(method: AuthMethod): boolean {
  return (
    method.type === 'service_account' && (method.kind === 'aws_access_key' || method.kind === 'self_signed')
  );
}
