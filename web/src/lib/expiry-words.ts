import type { Expiry, ExpiryKind } from '@keyrail/contract/expiries';
import type { Tone } from './words.ts';

/** What ends, as its kind is called. */
export const expiryWords: Record<ExpiryKind, string> = {
  certificate: 'Certificate',
  key: 'Key',
  client_secret: 'Client secret',
  sign_in: 'Sign-in',
  api_token: 'API token',
  rotation: 'Replacement date',
};

/** The same of several, to filter by. */
export const expiryPlurals: Record<ExpiryKind, string> = {
  certificate: 'Certificates',
  key: 'Keys',
  client_secret: 'Client secrets',
  sign_in: 'Sign-ins',
  api_token: 'API tokens',
  rotation: 'Replacement dates',
};

export const expiryKinds = Object.keys(expiryWords) as ExpiryKind[];

/** Who says when. */
export function sourceWords({ source, kind, subject }: Expiry): string {
  switch (source) {
    case 'credential':
      if (kind === 'api_token') return 'Set when it was made';
      return kind === 'certificate' ? 'The certificate says so' : 'It says so itself';
    case 'tool':
      return `${subject.integration_name ?? 'The tool'} says so`;
    case 'entered':
      return 'Entered by hand';
    case 'forecast':
      return 'Reckoned, as it is not renewed';
  }
}

const soonMs = 30 * 86_400_000;

/** Red: over. Amber: within 30 days, or a date that people set and let pass, since nothing stops then. */
export function expiryTone({ at, kind }: Pick<Expiry, 'at' | 'kind'>, now = Date.now()): Tone {
  const left = Date.parse(at) - now;
  if (left <= 0) return kind === 'rotation' ? 'amber' : 'red';
  return left < soonMs ? 'amber' : 'grey';
}

export const isOver = ({ at }: Pick<Expiry, 'at'>, now = Date.now()): boolean => Date.parse(at) <= now;
export const isSoon = ({ at }: Pick<Expiry, 'at'>, now = Date.now()): boolean =>
  Date.parse(at) - now < soonMs;

/** What to do about it; nothing for what is only looked at. */
export function expiryVerb({ kind, subject }: Expiry): string {
  if (subject.kind === 'api_token') return 'Open';
  return kind === 'sign_in' ? 'Sign in again' : 'Replace…';
}
