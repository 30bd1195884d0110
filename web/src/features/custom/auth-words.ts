import type { CustomAuth } from '@keyrail/contract/custom-auth';

/** Each way to authenticate in words, and when it is the one. */
export const authWords: Record<CustomAuth['type'], { label: string; about: string }> = {
  bearer: { label: 'Bearer token', about: 'Sent as “Authorization: Bearer …”. The most common one.' },
  header: { label: 'Key in a header', about: 'Sent in a header that the tool names, such as X-Api-Key.' },
  query: { label: 'Key in the address', about: 'Sent as a parameter: ?api_key=…' },
  basic: { label: 'User name and password', about: 'HTTP Basic.' },
  oauth2: { label: 'OAuth 2.0 sign-in', about: 'People sign in at the tool and allow access.' },
  oauth2_client_credentials: {
    label: 'OAuth 2.0 client credentials',
    about: 'A client id and secret buy tokens; nobody signs in.',
  },
  service_account: {
    label: 'Service account',
    about: 'A key file signs for the identity of a program.',
  },
  certificate: {
    label: 'Client certificate',
    about: 'The connection itself shows a certificate (mutual TLS).',
  },
  none: { label: 'None', about: 'Anybody may call it.' },
};

export const authTypes = Object.keys(authWords) as CustomAuth['type'][];
