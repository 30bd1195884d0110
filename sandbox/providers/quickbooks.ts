import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://quickbooks.api.intuit.com';
/** For companies that are there to try things. */
const TRIAL = 'https://sandbox-quickbooks.api.intuit.com';
const PAGES = 'https://appcenter.intuit.com';
const TOKENS = 'https://oauth.platform.intuit.com';
const DEVELOPER = 'https://developer.api.intuit.com';
const DAYS_100 = 8_640_000;

// https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
const oauth: OAuthSpec = {
  name: 'QuickBooks',
  authorize: [{ origin: PAGES, path: '/connect/oauth2' }],
  token: [{ origin: TOKENS, path: '/oauth2/v1/tokens/bearer' }],
  revoke: [{ origin: DEVELOPER, path: '/v2/oauth2/tokens/revoke' }],
  clientAuth: 'basic',
  pkce: 'ignored',
  refresh: 'rotating',
  replacedAfterSeconds: 86_400,
  accessSeconds: 3600,
  callback: ({ account }) => ({ realmId: realmOf(account) }),
  tokens: ({ accessToken, refreshToken, expiresInSeconds }) => ({
    token_type: 'bearer',
    expires_in: expiresInSeconds,
    x_refresh_token_expires_in: DAYS_100,
    refresh_token: refreshToken,
    access_token: accessToken,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    if (isClient) return { status: 401, body: { error: 'invalid_client' } };
    const error = failure === 'invalid_code' ? 'invalid_grant' : failure;
    return { status: 400, body: { error, error_description: 'Incorrect or invalid refresh token' } };
  },
  revoked: () => ({ status: 200, body: null }),
};

/** People of one address's domain are in one company. */
function realmOf(account: string): string {
  return `91303475968${String(pick(account.split('@')[1] ?? account, 99_999)).padStart(5, '0')}`;
}

export const quickbooks: StandIn = {
  slug: 'quickbooks',
  origin: API,
  otherOrigins: [TRIAL, PAGES, TOKENS, DEVELOPER],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'company', windows: [{ calls: 500, perMs: 60_000 }] }),
  rejected: (_key, because) => ({
    status: 401,
    body: {
      warnings: null,
      intuitObject: null,
      fault: {
        error: [
          {
            message: 'message=AuthenticationFailed; errorCode=003200; statusCode=401',
            detail: because === 'expired' ? 'Token expired: AB0' : 'Malformed bearer token',
            code: '3200',
            element: null,
          },
        ],
        type: 'AUTHENTICATION',
      },
    },
  }),
  throttled: () => fault(429, '003001', 'ThrottleExceeded', 'The request limit was reached.'),
  outOfCredits: () => fault(429, '003001', 'ThrottleExceeded', 'The request limit was reached.'),
  missingPermission: () => fault(401, '120', 'AuthorizationFailure', 'User does not have permissions.'),
  errorInside: () => ({ status: 200, body: { Fault: { Error: [{ Message: 'Internal', code: '10000' }] } } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body, grant } = request;
  const [, realm = '', rest = ''] = /^\/v3\/company\/(\d+)(\/.*)$/.exec(path) ?? [];
  const owner = ownerOf('quickbooks', request);
  if (grant !== null && realm !== realmOf(owner))
    return fault(
      403,
      '3100',
      'ApplicationAuthorizationFailed',
      `realm ${realm} is not authorised for this app`,
    );
  if (rest === `/companyinfo/${realm}`) {
    const word = owner.split('@')[1]?.split('.')[0] ?? owner;
    return ok({
      CompanyInfo: { Id: '1', CompanyName: `${word.charAt(0).toUpperCase()}${word.slice(1)} Inc.` },
    });
  }
  if (rest === '/query') return find(query.get('query') ?? '');
  if (method === 'POST' && rest === '/customer') {
    const name = textOf(body, 'DisplayName');
    if (name === 'Taken')
      return fault(400, '6240', 'Duplicate Name Exists Error', 'The name supplied already exists.');
    return ok({ Customer: { Id: String(pick(name, 9999)), DisplayName: name } });
  }
  if (method === 'POST' && rest === '/payment')
    return ok({ Payment: { Id: String(pick(JSON.stringify(body), 9999)), UnappliedAmt: 0 } });
  if (method === 'POST' && rest === '/invoice') {
    const lines = memberOf(body, 'Line');
    const amount = Number(textOf(Array.isArray(lines) ? lines[0] : {}, 'Amount'));
    return ok({ Invoice: invoice(String(pick(JSON.stringify(body), 9999)), amount) });
  }
  const [, id] = /^\/invoice\/(\d+)(?:\/send)?$/.exec(rest) ?? [];
  if (id === undefined) return fault(400, '2010', 'Request has invalid or unsupported property', rest);
  return id === '404'
    ? fault(400, '610', 'Object Not Found', 'Something you are trying to use is not there.')
    : ok({ Invoice: invoice(id, 120) });
}

function find(statement: string): Reply {
  const [, email = ''] = /PrimaryEmailAddr = '([^']*)'/.exec(statement) ?? [];
  if (email === '')
    return ok({ QueryResponse: { Invoice: [invoice('7', 120)], startPosition: 1, maxResults: 1 } });
  const person = personOfEmail(email);
  const customer = {
    Id: String(pick(email, 9999)),
    DisplayName: `${person.firstName} ${person.lastName}`.trim(),
    PrimaryEmailAddr: { Address: email },
    PrimaryPhone: { FreeFormNumber: person.phone },
    Balance: 120,
  };
  return ok({ QueryResponse: person.found ? { Customer: [customer], startPosition: 1, maxResults: 1 } : {} });
}

function invoice(id: string, amount: number): object {
  return { Id: id, DocNumber: `10${id}`, TotalAmt: amount, Balance: amount, DueDate: '2026-12-01' };
}

function ok(body: object): Reply {
  return { status: 200, body: { ...body, time: '2026-11-01T09:00:00.000-08:00' } };
}

function fault(status: number, code: string, message: string, detail: string): Reply {
  return {
    status,
    body: {
      Fault: { Error: [{ Message: message, Detail: detail, code }], type: 'ValidationFault' },
      time: '',
    },
  };
}
