import type { AuthMethodKind } from '@keyrail/contract/integrations';

/** How a tool is connected, on the small chips of its card. Most that use Basic authentication have a key in it. */
export const methodWords: Record<AuthMethodKind, string> = {
  api_key: 'API key',
  basic: 'Key or password',
  oauth2: 'OAuth',
  oauth2_client_credentials: 'Client credentials',
  service_account: 'Service account',
  certificate: 'Certificate',
  none: 'No sign-in',
};
