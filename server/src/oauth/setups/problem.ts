import type { OAuthApp } from '@keyrail/contract/oauth';
import type { Refusal } from './app.ts';

/** What is said of a setup that the provider refuses: once, for all its connections. */
export function problemOf(name: string, refusal: Refusal | null): OAuthApp['problem'] {
  if (refusal === null) return null;
  const said = refusal.words === null ? '' : ` ${name} says: “${refusal.words.replace(/[.\s]+$/, '')}”.`;
  const message = `${name} does not accept this client ID or client secret.${said} Compare both with the app registered at ${name}; once they are right, its connections go on by themselves.`;
  return { message, since: refusal.since.toISOString() };
}
