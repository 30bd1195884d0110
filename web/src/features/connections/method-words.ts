import type { AuthMethodKind } from '@keyrail/contract/integrations';

/** How a tool is connected, on the small chips of its card. */
export const methodWords: Record<AuthMethodKind, string> = {
  api_key: 'API key',
  basic: 'User and password',
  oauth2: 'OAuth',
  oauth2_client_credentials: 'Client credentials',
  service_account: 'Service account',
  certificate: 'Certificate',
  none: 'No sign-in',
};
