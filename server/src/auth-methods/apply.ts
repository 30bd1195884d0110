import type { AuthMethod } from '../catalog/auth-definition.ts';
import { AppError } from '../lib/app-error.ts';
import { apiKey } from './api-key.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';
import { basic } from './basic.ts';
import { bearer } from './bearer.ts';

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
    case 'certificate':
      throw new AppError('invalid_input', {
        detail: `This version of Keyrail cannot use the auth method ${method.type} yet.`,
      });
  }
}

/** Whether connections of this method can be made and used. */
export function isSupported(type: AuthMethod['type']): boolean {
  return type === 'api_key' || type === 'basic' || type === 'none';
}
