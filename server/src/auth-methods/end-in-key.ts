import type { Secret } from '../lib/secret.ts';

/** A date beyond the year 2100 is a made-up number. */
const LATEST_SECONDS = 4_102_444_800;

/**
 * When a pasted key ends, where it says so itself: many API keys and personal tokens are JWTs (RFC 7519) with an `exp`. What is
 * in it is read and believed as what it says of itself alone; nothing depends on it but when people are told.
 */
export function endInKey(keys: readonly Secret<string>[]): Date | null {
  const ends = keys.map((key) => endOf(key.reveal())).filter((end) => end !== null);
  return ends.length === 0 ? null : new Date(Math.min(...ends) * 1000);
}

function endOf(key: string): number | null {
  const parts = key.split('.');
  const [header = '', payload = ''] = parts;
  if (parts.length !== 3 || !header.startsWith('eyJ') || !payload.startsWith('eyJ')) return null;
  try {
    const said: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const exp = typeof said === 'object' && said !== null && 'exp' in said ? said.exp : null;
    return typeof exp === 'number' && exp > 0 && exp < LATEST_SECONDS ? Math.floor(exp) : null;
  } catch {
    return null;
  }
}
