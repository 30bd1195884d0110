import type { Connection } from '@keyrail/contract/connections';

type Standing = Pick<Connection, 'method' | 'status'>;

export const endsSoon = ({ status }: Standing): boolean => status === 'expiring_soon';

/** A sign-in that still works is not broken: it is made anew. */
export function reconnectVerb(connection: Standing): 'Reconnect' | 'Sign in again' {
  const works = endsSoon(connection) || connection.status === 'limited';
  return works && connection.method === 'oauth2' ? 'Sign in again' : 'Reconnect';
}
