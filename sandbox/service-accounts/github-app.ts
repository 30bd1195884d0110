import { bearerOf, type Reply, type SandboxRequest } from '../request.ts';
import { isSignedBy, type Jwt, readJwt, textClaim } from './jwt.ts';
import { giveToken, grantFor, moodOf, type TokenDesk } from './token-desk.ts';

interface Installation {
  id: number;
  account: { login: string; type: 'User' | 'Organization' };
  suspended_at: string | null;
}

/** The one app of the sandbox, and where it is installed. */
export const GITHUB_APP = {
  clientId: 'Iv23liSANDBOX0000001',
  appId: '100001',
  installations: [
    { id: 5001, account: { login: 'acme', type: 'Organization' }, suspended_at: null },
    { id: 5002, account: { login: 'anna', type: 'User' }, suspended_at: null },
    { id: 5003, account: { login: 'former', type: 'Organization' }, suspended_at: '2026-10-01T00:00:00Z' },
    { id: 5004, account: { login: 'limited-org', type: 'Organization' }, suspended_at: null },
    { id: 5005, account: { login: 'throttled-org', type: 'Organization' }, suspended_at: null },
  ] satisfies Installation[] as readonly Installation[],
};

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app */
export function atGitHubDesk(request: SandboxRequest, desk: TokenDesk): Reply | null {
  const { method, path, query } = request;
  if (path !== '/app' && !path.startsWith('/app/')) return null;
  const refused = appProblem(request, desk);
  if (refused !== null) return refused;
  if (path === '/app')
    return {
      status: 200,
      body: { id: Number(GITHUB_APP.appId), slug: 'keyrail-sandbox', name: 'Keyrail sandbox' },
    };
  if (path === '/app/installations') {
    const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
    return { status: 200, body: GITHUB_APP.installations.slice((page - 1) * size, page * size) };
  }
  const [, id] = /^\/app\/installations\/(\d+)\/access_tokens$/.exec(path) ?? [];
  const found = GITHUB_APP.installations.find((one) => String(one.id) === id);
  if (method !== 'POST' || found === undefined) return error(404, 'Not Found');
  if (found.suspended_at !== null) return error(403, 'This installation has been suspended');
  const grant = grantFor(found.account.login, { scopes: ['installation'], ...moodOf(found.account.login) });
  const { token, seconds } = giveToken(desk, 'github', grant, 3600);
  const expires_at = new Date(desk.nowMs() + seconds * 1000).toISOString();
  const permissions = { contents: 'read', issues: 'write', metadata: 'read' };
  return { status: 201, body: { token, expires_at, permissions, repository_selection: 'selected' } };
}

function appProblem({ headers }: SandboxRequest, desk: TokenDesk): Reply | null {
  const jwt = readJwt(bearerOf(headers) ?? '');
  if (jwt === null) return error(401, 'A JSON web token could not be decoded');
  const issuer = textClaim(jwt, 'iss');
  if (issuer !== GITHUB_APP.clientId && issuer !== GITHUB_APP.appId)
    return error(404, 'Integration not found');
  const keys = desk.keys.keysOf('github', GITHUB_APP.clientId);
  if (!keys.some(({ publicKey }) => isSignedBy(jwt, publicKey, 'RS256')))
    return error(401, 'A JSON web token could not be decoded');
  return timeProblem(jwt, desk.nowMs() / 1000);
}

/** Ten minutes at most, and no clock may be ahead of theirs. */
function timeProblem({ claims }: Jwt, now: number): Reply | null {
  const [iat, exp] = [Number(claims.iat), Number(claims.exp)];
  if (!(iat <= now + 1))
    return error(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  if (!(exp > now))
    return error(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  return exp > now + 600 ? error(401, "'Expiration time' claim ('exp') is too far in the future") : null;
}

function error(status: number, message: string): Reply {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}
