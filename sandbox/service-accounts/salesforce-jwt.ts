import { pick } from '../people.ts';
import { type Reply, type SandboxRequest, textOf } from '../request.ts';
import { isSignedBy, readJwt, textClaim } from './jwt.ts';
import { giveToken, grantFor, moodOf, type TokenDesk } from './token-desk.ts';

/** The one app, and the users that an administrator let use it. */
export const SALESFORCE_APP = {
  clientId: '3MVG9SANDBOX.CONSUMER.KEY0001',
  users: ['integration@acme.example', 'limited@acme.example', 'throttled@acme.example'],
};

/** https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm */
export function atSalesforceDesk(request: SandboxRequest, desk: TokenDesk, org: string): Reply | null {
  if (request.path !== '/services/oauth2/token') return null;
  if (textOf(request.body, 'grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return null;
  const jwt = readJwt(textOf(request.body, 'assertion'));
  if (jwt === null) return failed('invalid_grant', 'invalid assertion');
  if (textClaim(jwt, 'iss') !== SALESFORCE_APP.clientId)
    return failed('invalid_client_id', 'client identifier invalid');
  const keys = desk.keys.keysOf('salesforce', SALESFORCE_APP.clientId);
  if (!keys.some(({ publicKey }) => isSignedBy(jwt, publicKey, 'RS256')))
    return failed('invalid_grant', 'invalid assertion');
  if (textClaim(jwt, 'aud') !== request.origin) return failed('invalid_grant', 'audience is invalid');
  const now = desk.nowMs() / 1000;
  const exp = Number(jwt.claims.exp);
  // Some minutes at most, with as much for another clock.
  if (!(exp > now - 180 && exp < now + 480)) return failed('invalid_grant', 'invalid assertion');
  const user = textClaim(jwt, 'sub');
  if (!SALESFORCE_APP.users.includes(user))
    return failed('invalid_grant', "user hasn't approved this consumer");
  const { token } = giveToken(desk, 'salesforce', grantFor(user, { scopes: ['api'], ...moodOf(user) }), 7200);
  return {
    status: 200,
    body: {
      access_token: token,
      scope: 'api',
      instance_url: org,
      id: `https://login.salesforce.com/id/00D000000000001/005${pick(user, 99_999_999)}`,
      token_type: 'Bearer',
    },
  };
}

function failed(error: string, error_description: string): Reply {
  return { status: 400, body: { error, error_description } };
}
