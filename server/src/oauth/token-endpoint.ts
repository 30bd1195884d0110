import type { ConnectionField } from '../catalog/definition/field-definition.ts';
import type { TokenErrorMeaning, TokenWords } from '../catalog/definition/method-parts.ts';
import type { Clock } from '../lib/clock.ts';
import type { Secret } from '../lib/secret.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Outbound } from '../outbound/call.ts';
import type { CredentialSource } from '../outbound/credential-source.ts';
import type { Answer, CallOutcome } from '../outbound/outcome.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import type { Minted, MintOutcome } from '../tokens/mint.ts';
import { parseTokenBody } from './token-body.ts';
import { readError } from './token-error.ts';
import { readMinted, type TokenAccount } from './token-minted.ts';
import { signedTokenRequest, tokenRequest } from './token-request.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

/** What is particular about an endpoint, as a catalog file says it: an `oauth2` or client-credentials method has it all. */
export interface TokenEndpoint {
  tokenRequestBody: 'form' | 'json';
  tokenAuthMethod: 'client_secret_post' | 'client_secret_basic' | 'none';
  /** Values may hold `{name}` places for `TokenAsk.values`. */
  tokenParams: Readonly<Record<string, string>>;
  tokenHeaders: Readonly<Record<string, string>>;
  tokenPath?: string | undefined;
  tokenAccount?: { id?: string | undefined; name?: string | undefined } | undefined;
  tokenErrorPaths: readonly string[];
  tokenErrors: Readonly<Record<string, TokenErrorMeaning>>;
  tokenWords?: readonly TokenWords[] | undefined;
  accessTokenTtlSeconds?: number | undefined;
  refreshTokenTtlSeconds?: number | undefined;
  refreshTokenLifetime?: 'sliding' | 'fixed' | 'fixed_where_said' | undefined;
  grantTtlSeconds?: number | undefined;
  refresh?: 'static' | 'rotating' | 'exchange' | 'none' | undefined;
  tokenQuery?: Readonly<Record<string, string>> | undefined;
  clientIdParam?: string | undefined;
  tokenMembers?: Readonly<Record<string, string>> | undefined;
}

export type Grant =
  | {
      kind: 'authorization_code';
      code: Secret<string>;
      redirectUri: string;
      codeVerifier: Secret<string> | null;
    }
  | {
      kind: 'refresh_token';
      refreshToken: Secret<string>;
      /** Only with a refresh. */
      params: Readonly<Record<string, string>>;
      /** Where the provider calls it something else than RFC 6749 does. */
      grantType?: string | undefined;
      tokenParam?: string | undefined;
      httpMethod?: 'POST' | 'GET' | undefined;
    }
  /** `scope`: joined as the provider wants it; empty: not sent. `assertion`: stands for the client's secret (RFC 7523 §2.2). */
  | { kind: 'client_credentials'; scope: string; assertion?: Secret<string> }
  | { kind: 'jwt_bearer'; assertion: Secret<string>; scope: string }
  /** The assertion is the bearer of the request itself. */
  | { kind: 'signed_bearer'; assertion: Secret<string> };

export interface TokenAsk {
  workspaceId: string;
  /** The address with its connection fields filled in. */
  url: string;
  endpoint: TokenEndpoint;
  /** Null: the grant itself says who asks. */
  client: { id: string; secret: Secret<string> | null } | null;
  grant: Grant;
  /** What was entered besides: fills the places of `tokenParams`. */
  values?: Secret<Readonly<Record<string, string>>>;
  /** Connection fields; those that are `filled_from: token_response` are read from the answer. */
  connectionFields?: readonly ConnectionField[];
  /** Looked at right before the request leaves; false: nothing is sent. */
  mayAsk?: () => boolean;
}

/** As `MintOutcome`, and whose token it is where the answer says so. */
export type TokenOutcome =
  | Exclude<MintOutcome, { kind: 'minted' | 'setup_rejected' }>
  /** `isClient`: the client id or secret, and so all that signed in under them. */
  | (Extract<MintOutcome, { kind: 'setup_rejected' }> & { isClient?: boolean })
  | { kind: 'minted'; minted: Minted; account: TokenAccount | null };

/** Longer than the engine's own limit of one attempt; whoever holds a lease for a call holds it for longer than this. */
const TOKEN_CALL_MS = 31_000;

/**
 * Asks a token endpoint once; RFC 6749 where a file says nothing else. Never repeats by itself: a rotating refresh token that
 * is sent twice can end the grant. The call is not counted in the connection's budget, because the calls that wait for this
 * very token hold their places in it.
 */
export async function askTokenEndpoint(deps: Deps, ask: TokenAsk): Promise<TokenOutcome> {
  const { request, secrets } = tokenRequest(ask);
  return askOnce(deps, {
    workspaceId: ask.workspaceId,
    request,
    credential: whileInTime(signedTokenRequest(ask, secrets), ask.mayAsk),
    read: (answer) => fromAnswer(deps, ask, answer),
  });
}

/** The same for a request of another form. `read`: what an answer says. */
export async function askOnce(
  deps: Pick<Deps, 'outbound'>,
  {
    workspaceId,
    request,
    credential,
    read,
  }: {
    workspaceId: string;
    request: OutboundRequest;
    credential: CredentialSource;
    read(answer: Answer): TokenOutcome;
  },
): Promise<TokenOutcome> {
  const origin = URL.parse(request.url)?.origin;
  const outcome = await deps.outbound.call({
    request,
    allowedOrigins: origin === undefined ? [] : [origin],
    credential,
    workspaceId,
    connectionId: null,
    consumer: 'token',
    repeatable: false,
    isPatient: true,
    maxAttempts: 1,
    read: () => ({ kind: 'final' }),
    signal: AbortSignal.timeout(TOKEN_CALL_MS),
  });
  return judged(read, outcome);
}

function whileInTime(source: CredentialSource, mayAsk: TokenAsk['mayAsk']): CredentialSource {
  if (mayAsk === undefined) return source;
  return {
    ...source,
    current: async () => (mayAsk() ? source.current() : { kind: 'unavailable', because: 'missing' }),
  };
}

function judged(read: (answer: Answer) => TokenOutcome, outcome: CallOutcome): TokenOutcome {
  switch (outcome.kind) {
    case 'answer':
      return read(outcome.answer);
    case 'redirect':
      return notNow('provider_error', false, 'The token address answered with a redirect.');
    case 'rate_limited':
      return outcome.answer === null
        ? { ...notNow('rate_limited', false, null), retryAfterSeconds: outcome.retryAfterSeconds }
        : read(outcome.answer);
    case 'unknown':
      return outcome.answer === null ? notNow('unreachable', true, null) : read(outcome.answer);
    case 'unreachable':
      return notNow('unreachable', outcome.mayHaveHappened, null);
    case 'cancelled':
      return notNow('unreachable', outcome.mayHaveHappened, 'The token address did not answer in time.');
    case 'invalid_response':
    case 'too_large':
      return notNow('provider_error', true, 'The answer of the token address could not be read.');
    case 'egress_denied':
      return {
        ...notNow('unreachable', false, 'This server does not call the token address.'),
        denied: outcome.reason,
      };
    case 'invalid_request':
    case 'no_credential':
      return notNow('provider_error', false, 'The request for a token could not be made.');
  }
}

/** By what the body says, whatever the status: several answer 200 to a failure. */
function fromAnswer({ clock }: Deps, ask: TokenAsk, answer: Answer): TokenOutcome {
  const body = parseTokenBody(bodyText(answer));
  const failed = readError(ask, answer, body, clock.now());
  if (failed !== null) return failed;
  const read = readMinted(ask, body, clock.now());
  return read ?? withoutToken();
}

/** It answered as to a success, so what was sent may be spent. */
export function withoutToken(): TokenOutcome {
  return notNow('provider_error', true, 'The token address answered without a token.');
}

function notNow(
  because: Extract<MintOutcome, { kind: 'not_now' }>['because'],
  mayHaveHappened: boolean,
  words: string | null,
): Extract<MintOutcome, { kind: 'not_now' }> {
  return { kind: 'not_now', because, mayHaveHappened, retryAfterSeconds: null, words };
}
