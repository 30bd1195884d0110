import { timingSafeEqual } from 'node:crypto';
import { AuthorizationResponseError, validateAuthResponse } from 'oauth4webapi';
import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Clock } from '../lib/clock.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { Secret } from '../lib/secret.ts';
import { isAllowed } from '../workspaces/policy.ts';
import type { Who } from '../workspaces/who.ts';
import type { Authorization, Failed } from './authorization.ts';
import type { AuthorizationLookup } from './authorization-lookup.ts';
import { hashOf } from './begin.ts';
import { shownWords } from './shown-words.ts';

interface Deps {
  lookup: Pick<AuthorizationLookup, 'byState' | 'take'>;
  clock: Clock;
}

/** A browser that came back from a provider. */
export interface Visit {
  /** The path it came back to: each integration has its own, so that no other's answer is taken for its. */
  path: string;
  query: URLSearchParams;
  /** How this browser addresses us: `http://localhost:4400`. */
  origin: string;
  /** What this browser was given when it began that sign-in. */
  nonceOf(id: string): string | undefined;
  /** Who is signed in here, as a member of that workspace; null: nobody, or no member. */
  whoIn(workspaceId: string): Promise<Who | null>;
}

/** What the visit is worth, before the provider's answer is looked at. */
export type Arrival =
  /** No state, two of them, one nobody knows, or one of another integration (RFC 9700 §4.4.2.2). */
  | { kind: 'unknown' }
  | { kind: 'used'; authorization: Authorization }
  | { kind: 'expired'; authorization: Authorization }
  /** Begun under another name of this machine, where the cookies are. */
  | { kind: 'elsewhere'; origin: string }
  /** Not the browser, or not the person, that began it; or nobody is signed in any more. */
  | { kind: 'other_browser'; authorization: Authorization }
  | { kind: 'not_signed_in'; authorization: Authorization }
  | { kind: 'not_allowed'; authorization: Authorization }
  /** Used up now, by this visit alone. */
  | { kind: 'taken'; authorization: Authorization; who: Who };

const MAY_CONNECT = { role: 'admin', scope: 'connections:write' } as const;

/** Whose visit it is, and whether they may finish what was begun. The state is used up last, when all else fits. */
export async function arrive(deps: Deps, visit: Visit): Promise<Arrival> {
  const states = visit.query.getAll('state');
  const [state = ''] = states;
  if (states.length !== 1 || state === '') return { kind: 'unknown' };
  const authorization = await deps.lookup.byState(hashOf(state));
  if (authorization === null || pathOf(authorization) !== visit.path) return { kind: 'unknown' };
  if (authorization.state !== 'pending') return { kind: 'used', authorization };
  const now = deps.clock.now();
  if (authorization.expiresAt <= now) return { kind: 'expired', authorization };
  if (isOtherName(authorization.origin, visit.origin)) {
    return { kind: 'elsewhere', origin: authorization.origin };
  }
  if (!isSameBrowser(authorization, visit)) return { kind: 'other_browser', authorization };
  const who = await visit.whoIn(authorization.workspaceId);
  if (who === null) return { kind: 'not_signed_in', authorization };
  if (authorization.startedBy !== who.userId) return { kind: 'other_browser', authorization };
  if (!isAllowed(who, MAY_CONNECT)) return { kind: 'not_allowed', authorization };
  const isOurs = await deps.lookup.take(hashOf(state), now);
  return isOurs ? { kind: 'taken', authorization, who } : { kind: 'used', authorization };
}

/** Cookies belong to one name of this machine, the redirect URI to one as well. Nobody is sent anywhere but to this machine. */
function isOtherName(begunAt: string, here: string): boolean {
  if (begunAt === here) return false;
  const [from, to] = [URL.parse(begunAt), URL.parse(here)];
  if (from === null || to === null || from.port !== to.port || from.protocol !== 'http:') return false;
  return isLoopbackHost(from.hostname) && isLoopbackHost(to.hostname);
}

function pathOf({ redirectUri }: Authorization): string {
  return new URL(redirectUri).pathname;
}

/** The very browser that began it, or went on with it: what comes back in another one may be an attacker's (RFC 9700 §4.7). */
function isSameBrowser({ browserHash, id }: Authorization, visit: Visit): boolean {
  const nonce = visit.nonceOf(id);
  return nonce !== undefined && browserHash !== null && timingSafeEqual(hashOf(nonce), browserHash);
}

/** What the provider answered with the redirect. */
export type ProviderAnswer = { kind: 'code'; code: Secret<string> } | Failed;

/** Longer than any code; headers end before it. */
const LONGEST_CODE = 4_096;

/**
 * Reads the answer, the issuer first (RFC 9207 §2.4: also of an error). `redact` takes our secrets out of the provider's words.
 */
export function readAnswer(
  { name }: Pick<Definition, 'name'>,
  method: Pick<OAuth2Method, 'issuer' | 'issuerRequired'>,
  query: URLSearchParams,
  redact: (text: string) => string,
): ProviderAnswer {
  const said = query.get('iss');
  const server = {
    issuer: method.issuer ?? (said || 'https://unknown.invalid'),
    authorization_response_iss_parameter_supported: method.issuerRequired,
  };
  try {
    validateAuthResponse(server, { client_id: '-' }, query, query.get('state') ?? '');
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return refusal(name, query, redact);
    return mixedUp(name);
  }
  const codes = query.getAll('code');
  const [code = ''] = codes;
  if (codes.length !== 1 || code === '' || code.length > LONGEST_CODE) return mixedUp(name);
  return { kind: 'code', code: new Secret(code) };
}

function refusal(name: string, query: URLSearchParams, redact: (text: string) => string): Failed {
  const code = query.get('error') ?? '';
  const described = query.get('error_description') ?? '';
  const words = shownWords(redact(described === '' ? code : described));
  const said = words === null ? '' : ` ${name} says: “${words}”`;
  if (/denied|cancel/i.test(`${code} ${query.get('error_reason') ?? ''}`)) {
    return {
      kind: 'failed',
      reason: 'denied',
      message: `The sign-in at ${name} was cancelled, or access was not allowed there.${said}`,
      nextStep: 'Nothing was changed. Start again whenever you want.',
    };
  }
  if (SETUP_ERRORS.has(code)) {
    return {
      kind: 'failed',
      reason: 'setup_rejected',
      message: `${name} did not accept the one-time sign-in setup.${said}`,
      nextStep: `Compare client ID, redirect URI and scopes with the app registered at ${name}.`,
    };
  }
  return {
    kind: 'failed',
    reason: 'provider_error',
    message: `${name} ended the sign-in with an error.${said}`,
    nextStep: 'Try again. If it stays so, ask the support of that tool with the words above.',
  };
}

const SETUP_ERRORS = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'unsupported_response_type',
  'redirect_uri_mismatch',
]);

function mixedUp(name: string): Failed {
  return {
    kind: 'failed',
    reason: 'provider_error',
    message: `What came back does not belong to a sign-in at ${name}, so it was not used.`,
    nextStep: 'Start the sign-in again from the page of the tool.',
  };
}
