import { pick } from '../people.ts';
import { bearerOf, type Reply, type SandboxRequest } from '../request.ts';
import { isInTime, isSignedBy, readJwt, textClaim } from '../service-accounts/jwt.ts';
import { grantFor, type Identified, type TokenDesk } from '../service-accounts/token-desk.ts';
import type { StandIn } from '../stand-in.ts';

export const APP_STORE = { issuer: '00000000-0000-4000-8000-00000000a991', keys: 'team' };

/** https://developer.apple.com/documentation/appstoreconnectapi */
export const appStoreConnect: StandIn = {
  slug: 'app-store-connect',
  origin: 'https://api.appstoreconnect.apple.com',
  identify,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'hour', windows: [{ calls: 3500, perMs: 3_600_000 }] }),
  rejected: () => NOT_AUTHORIZED,
  throttled: () => error(429, 'RATE_LIMIT_EXCEEDED', 'The request rate limit has been reached.'),
  outOfCredits: () => error(429, 'RATE_LIMIT_EXCEEDED', 'The request rate limit has been reached.'),
  missingPermission: () => error(403, 'FORBIDDEN_ERROR', 'The API key in use does not allow this request'),
  errorInside: () => ({ status: 200, body: { errors: [] } }),
  answer,
};

/** https://developer.apple.com/documentation/appstoreconnectapi/generating-tokens-for-api-requests */
function identify({ key }: SandboxRequest, desk: TokenDesk): Identified | null {
  const jwt = readJwt(key ?? '');
  if (jwt === null) return null;
  const found = desk.keys
    .keysOf('app-store-connect', APP_STORE.keys, 'ec')
    .find(({ id }) => id === jwt.header.kid);
  const isGood =
    found !== undefined &&
    textClaim(jwt, 'iss') === APP_STORE.issuer &&
    textClaim(jwt, 'aud') === 'appstoreconnect-v1' &&
    isSignedBy(jwt, found.publicKey, 'ES256') &&
    isInTime(jwt, { nowMs: desk.nowMs(), longestSeconds: 1200, leewaySeconds: 60 });
  return isGood ? { kind: 'known', grant: grantFor('team') } : { kind: 'refused', reply: NOT_AUTHORIZED };
}

const APP = {
  type: 'apps',
  id: '1234567890',
  attributes: { name: 'Acme Shop', bundleId: 'com.acme.shop', sku: 'SHOP', primaryLocale: 'en-US' },
};

function answer({ path, query }: SandboxRequest): Reply {
  if (path === '/v1/apps') {
    const bundle = query.get('filter[bundleId]') ?? APP.attributes.bundleId;
    return { status: 200, body: { data: bundle === APP.attributes.bundleId ? [APP] : [] } };
  }
  if (path === '/v1/builds') {
    const attributes = {
      version: String(pick(query.get('filter[app]') ?? '', 900)),
      uploadedDate: '2026-11-01T09:00:00-07:00',
      processingState: 'VALID',
      expirationDate: '2027-01-30T09:00:00-07:00',
    };
    return { status: 200, body: { data: [{ type: 'builds', id: 'build-1', attributes }] } };
  }
  if (path === `/v1/apps/${APP.id}/customerReviews`) {
    const attributes = {
      rating: 5,
      title: 'Fine',
      body: 'It works.',
      createdDate: '2026-11-02T10:00:00-07:00',
    };
    return { status: 200, body: { data: [{ type: 'customerReviews', id: 'review-1', attributes }] } };
  }
  return error(404, 'NOT_FOUND', 'The specified resource does not exist');
}

function error(status: number, code: string, title: string, detail = title): Reply {
  return { status, body: { errors: [{ status: String(status), code, title, detail }] } };
}

const NOT_AUTHORIZED = error(
  401,
  'NOT_AUTHORIZED',
  'Authentication credentials are missing or invalid.',
  'Provide a properly configured and signed bearer token, and make sure that it has not expired. Learn more about Generating Tokens for API Requests https://developer.apple.com/go/?id=api-generating-tokens',
);
