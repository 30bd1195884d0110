import { z } from 'zod';
import { bodyText } from '../outbound/answer-body.ts';
import type { Outbound } from '../outbound/call.ts';
import { parseAllowedHost } from '../outbound/guard-policy.ts';
import type { CallOutcome } from '../outbound/outcome.ts';

export interface DiscoveryDeps {
  outbound: Pick<Outbound, 'call' | 'check'>;
  /** Entries of KEYRAIL_ALLOWED_PRIVATE_HOSTS: there alone http is good enough. */
  allowedPrivateHosts: readonly string[];
}

/** What an authorization server says of itself, as far as it is used here. */
export interface ServerMetadata {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  revocationEndpoint: string | null;
  /** Null: not said. */
  codeChallengeMethods: readonly string[] | null;
  tokenAuthMethods: readonly string[];
  isIssuerSent: boolean;
  scopes: readonly string[];
  grantTypes: readonly string[];
  responseTypes: readonly string[] | null;
}

export type Discovery =
  | { kind: 'found'; metadata: ServerMetadata }
  /** `message`: one sentence for the person who entered the issuer. */
  | { kind: 'refused'; message: string };

/** Longer documents are no metadata. */
const MOST_BYTES = 256 * 1024;
const LONGEST_MS = 10_000;

/**
 * Reads the metadata of an issuer, where RFC 8414 puts it and where OpenID Connect Discovery does. It must call itself exactly
 * what was entered (RFC 8414 §3.3): else anybody's server could say where codes and client secrets of another's go. Nothing
 * is kept.
 */
export async function discover(deps: DiscoveryDeps, workspaceId: string, issuer: string): Promise<Discovery> {
  const wrong = issuerProblem(deps, issuer);
  if (wrong !== null) return refused(wrong);
  let last = refused('');
  for (const url of placesOf(issuer)) {
    const read = await readAt(deps, workspaceId, url);
    if (read.kind === 'document') return judged(deps, issuer, read.json);
    last = refused(read.message);
    if (read.isFinal) break;
  }
  return last;
}

function refused(message: string): Extract<Discovery, { kind: 'refused' }> {
  return { kind: 'refused', message };
}

function issuerProblem(deps: DiscoveryDeps, issuer: string): string | null {
  const url = /^https?:\/\/[^/]/i.test(issuer) && !/[\s\\]/.test(issuer) ? URL.parse(issuer) : null;
  if (url === null) return 'An issuer is an address that starts with https://.';
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'An issuer has no user name, no parameters and nothing behind a #.';
  return isSecure(deps, url) ? null : 'The issuer must start with https://.';
}

/** Or a private address and port that the operator allows. */
function isSecure({ allowedPrivateHosts }: DiscoveryDeps, url: URL): boolean {
  if (url.protocol !== 'http:') return url.protocol === 'https:';
  const here = parseAllowedHost(`${url.hostname}:${url.port === '' ? 80 : url.port}`);
  const allowed = allowedPrivateHosts.map(parseAllowedHost);
  return (
    here.kind === 'allowed' && allowed.some((entry) => entry.kind === 'allowed' && entry.key === here.key)
  );
}

/** RFC 8414 §3.1: before the path. OpenID Connect Discovery §4: behind it. */
function placesOf(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** `isFinal`: the other place would not answer otherwise. */
type Read = { kind: 'document'; json: unknown } | { kind: 'none'; message: string; isFinal: boolean };

async function readAt(deps: DiscoveryDeps, workspaceId: string, url: string): Promise<Read> {
  const outcome = await deps.outbound.call({
    request: { method: 'GET', url, headers: { accept: 'application/json' } },
    allowedOrigins: [new URL(url).origin],
    credential: null,
    workspaceId,
    connectionId: null,
    consumer: 'discovery',
    repeatable: true,
    maxAttempts: 1,
    read: () => ({ kind: 'final' }),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  return documentIn(outcome);
}

function documentIn(outcome: CallOutcome): Read {
  if (outcome.kind === 'egress_denied')
    return none('This server does not call that address. The operator can allow a private one.', true);
  if (outcome.kind === 'unreachable' || outcome.kind === 'cancelled')
    return none('The issuer could not be reached.', true);
  if (outcome.kind === 'too_large') return none('The answer of the issuer is too large.', true);
  if (outcome.kind === 'redirect')
    return none('The issuer answers with a redirect, which is not followed: enter the address it leads to.');
  if (outcome.kind !== 'answer') return none('The answer of the issuer could not be read.');
  const { status, body, headers } = outcome.answer;
  if (status !== 200) return none(`The issuer describes itself at no known address (it answered ${status}).`);
  if (body.length > MOST_BYTES) return none('The answer of the issuer is too large.', true);
  const json = /\bjson\b/i.test(headers['content-type'] ?? '') ? parsed(bodyText(outcome.answer)) : undefined;
  return json === undefined
    ? none('The issuer answers with something that is no description of an authorization server.')
    : { kind: 'document', json };
}

function none(message: string, isFinal = false): Read {
  return { kind: 'none', message, isFinal };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const names = z.array(z.string().min(1).max(300)).max(2_000);
const endpoint = z.string().min(1).max(500);
const documentShape = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  revocation_endpoint: endpoint.nullish().catch(null),
  code_challenge_methods_supported: names.nullish().catch(null),
  token_endpoint_auth_methods_supported: names.nullish().catch(null),
  authorization_response_iss_parameter_supported: z.boolean().nullish().catch(null),
  scopes_supported: names.nullish().catch(null),
  grant_types_supported: names.nullish().catch(null),
  response_types_supported: names.nullish().catch(null),
});

async function judged(deps: DiscoveryDeps, issuer: string, json: unknown): Promise<Discovery> {
  const read = documentShape.safeParse(json);
  if (!read.success)
    return refused(
      'The description of this server lacks its issuer, or where people sign in or tokens are given.',
    );
  const said = read.data;
  // As text: a slash more is another issuer.
  if (said.issuer !== issuer)
    return refused(
      `The server calls itself “${said.issuer.slice(0, 200)}”, which is not exactly what was entered.`,
    );
  const endpoints = [said.authorization_endpoint, said.token_endpoint, said.revocation_endpoint];
  for (const address of endpoints) {
    const problem = typeof address === 'string' ? await endpointProblem(deps, address) : null;
    if (problem !== null) return refused(problem);
  }
  return { kind: 'found', metadata: metadataOf(said) };
}

async function endpointProblem(deps: DiscoveryDeps, address: string): Promise<string | null> {
  const url = /^https?:\/\/[^/]/i.test(address) && !/[\s\\]/.test(address) ? URL.parse(address) : null;
  if (url === null || !isSecure(deps, url))
    return `The server names an address that does not start with https://: ${address.slice(0, 100)}`;
  const [place = ''] = address.split(/[?#]/);
  const check = await deps.outbound.check(place);
  if (check.kind === 'denied') return `The server names an address that is not called from here: ${url.host}`;
  return check.kind === 'invalid' ? `The server names an address that is none: ${url.host}` : null;
}

function metadataOf(said: z.output<typeof documentShape>): ServerMetadata {
  return {
    issuer: said.issuer,
    authorizationEndpoint: said.authorization_endpoint,
    tokenEndpoint: said.token_endpoint,
    revocationEndpoint: said.revocation_endpoint ?? null,
    codeChallengeMethods: said.code_challenge_methods_supported ?? null,
    // RFC 8414 §2: what is meant where nothing is said.
    tokenAuthMethods: said.token_endpoint_auth_methods_supported ?? ['client_secret_basic'],
    isIssuerSent: said.authorization_response_iss_parameter_supported === true,
    scopes: said.scopes_supported ?? [],
    grantTypes: said.grant_types_supported ?? ['authorization_code', 'implicit'],
    responseTypes: said.response_types_supported ?? null,
  };
}
