import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../lib/secret.ts';

/**
 * The PKCE verifier of a state (RFC 7636 §4.1: 43 characters, 256 bits). Made again when the callback brings the state, so
 * that none is stored: the database alone, or a callback's address alone, does not give it.
 */
export function verifierOf({ verifierKey }: { verifierKey: Secret<Buffer> }, state: string): string {
  return createHmac('sha256', verifierKey.reveal()).update(state).digest('base64url');
}

/** S256; `plain` is not spoken. RFC 7636 writes the digest as base64url, one provider as hex. */
export function challengeOf(verifier: string, digest: 'base64url' | 'hex' = 'base64url'): string {
  return createHash('sha256').update(verifier).digest(digest);
}
