import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { Grants } from './grants.ts';
import { refusedPage, signInPage } from './pages.ts';
import type { Grant, OAuthSpec, Place } from './spec.ts';

/** What every provider of the sandbox accepts as a one-time sign-in setup; two secrets, so that one can be replaced. */
export const SANDBOX_CLIENT = {
  id: 'sandbox-client-id',
  secret: 'sandbox-client-secret',
  newSecret: 'sandbox-client-secret-new',
};

export interface FlowDeps {
  grants: Grants;
  nowMs: () => number;
  /** How long access tokens live, where it is not to be the provider's own time. */
  tokenSeconds: number | null;
}

/** The answer to a request that belongs to the sign-in; null where it is one for the API. */
export function answerOAuth(
  deps: FlowDeps,
  slug: string,
  spec: OAuthSpec,
  request: SandboxRequest,
): Reply | null {
  const isAt = (places: readonly Place[]) =>
    places.some((place) => place.origin === request.origin && place.path === request.path);
  if (isAt(spec.authorize)) return authorize(deps, slug, spec, request);
  if (isAt(spec.token)) {
    const reply = token(deps, slug, spec, request);
    return spec.encoded?.(reply, request) ?? reply;
  }
  if (!isAt(spec.revoke)) return null;
  const named = ['token', 'refresh_token', 'access_token'].map((name) => textOf(request.body, name));
  const asked = named.find((one) => one !== '') ?? request.query.get('token');
  deps.grants.revoke(asked ?? request.key ?? '');
  return spec.revoked();
}

function authorize(deps: FlowDeps, slug: string, spec: OAuthSpec, request: SandboxRequest): Reply {
  const { query } = request;
  const target = URL.parse(query.get('redirect_uri') ?? '');
  if (query.get('client_id') !== SANDBOX_CLIENT.id)
    return refusedPage(spec.name, `The client id is not known. The sandbox has one: ${SANDBOX_CLIENT.id}`);
  if (target === null) return refusedPage(spec.name, 'The redirect URI is missing.');
  const back = (answer: Record<string, string>): Reply => {
    for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value);
    const state = query.get('state');
    if (state !== null) target.searchParams.set('state', state);
    return { status: 303, body: null, headers: { location: target.href } };
  };
  if (query.get('response_type') !== 'code') return back({ error: 'unsupported_response_type' });
  const hasChallenge = query.get('code_challenge_method') === 'S256' && query.has('code_challenge');
  if (spec.pkce === 'required' && !hasChallenge)
    return back({ error: 'invalid_request', error_description: 'code_challenge is required' });
  const wished = [query.get('scope'), query.get('optional_scope')].filter((text) => text !== null);
  const scopes = wished
    .flatMap((text) => text.split(spec.scopeSeparator ?? ' '))
    .filter((scope) => scope !== '');
  if (request.method !== 'POST') return signInPage(spec.name, scopes);
  if (textOf(request.body, 'answer') !== 'allow')
    return back({ error: spec.denied ?? 'access_denied', error_description: 'The person did not allow it.' });
  const account = textOf(request.body, 'account') || 'anna@example.com';
  const grant: Grant = { account, scopes, asked: query, isWithdrawn: false, sinceMs: deps.nowMs() };
  const asked = new URLSearchParams(query);
  if (spec.pkce === 'ignored') asked.delete('code_challenge');
  return back({ code: deps.grants.issueCode(slug, grant, asked, deps.nowMs()), ...spec.callback?.(grant) });
}

function token(deps: FlowDeps, slug: string, spec: OAuthSpec, request: SandboxRequest): Reply {
  const kind = textOf(request.body, 'grant_type') || 'authorization_code';
  const isRefresh = kind === 'refresh_token';
  const client = clientOf(spec, request);
  const isJson = request.headers['content-type']?.includes('json') ?? false;
  const isInForm = request.method === 'POST' && isJson === (spec.body === 'json');
  if (!isInForm || memberOf(request.body, 'grant_type') === undefined)
    return spec.failed('invalid_request', isRefresh);
  if (client.id !== SANDBOX_CLIENT.id) return spec.failed('invalid_client', isRefresh);
  if (client.secret !== SANDBOX_CLIENT.secret && client.secret !== SANDBOX_CLIENT.newSecret)
    return spec.failed('bad_secret', isRefresh);
  switch (kind) {
    case 'authorization_code': {
      const grant = deps.grants.takeCode(
        textOf(request.body, 'code'),
        textOf(request.body, 'redirect_uri'),
        textOf(request.body, 'code_verifier'),
        deps.nowMs(),
      );
      const isHere = grant !== null && (spec.isAt?.(grant, request.origin) ?? true);
      return isHere ? issue(deps, slug, spec, grant, false) : spec.failed('invalid_code', false);
    }
    case 'refresh_token': {
      const given = textOf(request.body, 'refresh_token');
      if (spec.refreshWantsRedirectUri === true && textOf(request.body, 'redirect_uri') === '')
        return spec.failed('invalid_request', true);
      const replacedAfterMs = (spec.replacedAfterSeconds ?? 0) * 1000;
      if (deps.grants.isYoung(given, replacedAfterMs, deps.nowMs())) return again(deps, slug, spec, given);
      const found = deps.grants.refresh(given, {
        isRotating: spec.refresh === 'rotating',
        graceMs: (spec.graceSeconds ?? 0) * 1000,
        nowMs: deps.nowMs(),
      });
      if (!('because' in found)) return issue(deps, slug, spec, found.grant, true);
      if (found.because === 'reused' && spec.reuseEndsGrant === true && found.grant)
        found.grant.isWithdrawn = true;
      return spec.failed('invalid_grant', true);
    }
    case spec.programGrant ?? 'client_credentials': {
      const grant: Grant = {
        account: 'integration@example.com',
        scopes: [],
        asked: request.query,
        isWithdrawn: false,
      };
      return issue(deps, slug, withoutRefresh(spec), grant, false);
    }
    default:
      return spec.failed('unsupported_grant_type', isRefresh);
  }
}

/** A new access token with the refresh token that was given, which stays the one in use. */
function again(deps: FlowDeps, slug: string, spec: OAuthSpec, refreshToken: string): Reply {
  const found = deps.grants.refresh(refreshToken, { isRotating: false, graceMs: 0, nowMs: deps.nowMs() });
  if ('because' in found) return spec.failed('invalid_grant', true);
  return issue(deps, slug, spec, found.grant, true, refreshToken);
}

function withoutRefresh(spec: OAuthSpec): OAuthSpec {
  return { ...spec, givesRefreshToken: () => false };
}

function issue(
  deps: FlowDeps,
  slug: string,
  spec: OAuthSpec,
  grant: Grant,
  isRefresh: boolean,
  sameToken: string | null = null,
): Reply {
  const seconds = deps.tokenSeconds ?? spec.accessSeconds;
  // What has no end of its own still has one where a test asks for it: the provider just does not say so.
  const endsAt = seconds === null ? Number.POSITIVE_INFINITY : deps.nowMs() + seconds * 1000;
  const isOffline = spec.givesRefreshToken?.(grant) ?? true;
  const givesNew = isOffline && (!isRefresh || spec.refresh === 'rotating');
  const body = spec.tokens({
    grant,
    accessToken: deps.grants.issueAccess(slug, grant, endsAt),
    refreshToken: sameToken ?? (givesNew ? deps.grants.issueRefresh(slug, grant, deps.nowMs()) : null),
    expiresInSeconds: spec.accessSeconds === null ? null : seconds,
    isRefresh,
    nowMs: deps.nowMs(),
  });
  const present = Object.entries(body).filter(([, value]) => value !== null);
  return { status: 200, body: Object.fromEntries(present), headers: { 'cache-control': 'no-store' } };
}

/** Basic where the provider documents it, else in the body; a client that does it the other way is not known. */
function clientOf(spec: OAuthSpec, { headers, body }: SandboxRequest): { id: string; secret: string } {
  if (spec.clientAuth === 'post')
    return { id: textOf(body, 'client_id'), secret: textOf(body, 'client_secret') };
  const encoded = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { id: decodeURIComponent(id), secret: decodeURIComponent(secret) };
}
