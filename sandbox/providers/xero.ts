import type { OAuthSpec } from '../oauth/spec.ts';
import { pick, uuidOf } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.xero.com';
const LOGIN = 'https://login.xero.com';
const IDENTITY = 'https://identity.xero.com';

// https://developer.xero.com/documentation/guides/oauth2/auth-flow; a used refresh token is taken for 30 minutes more
const oauth: OAuthSpec = {
  name: 'Xero',
  authorize: [{ origin: LOGIN, path: '/identity/connect/authorize' }],
  token: [{ origin: IDENTITY, path: '/connect/token' }],
  revoke: [{ origin: IDENTITY, path: '/connect/revocation' }],
  clientAuth: 'basic',
  pkce: 'taken',
  refresh: 'rotating',
  graceSeconds: 1800,
  accessSeconds: 1800,
  givesRefreshToken: ({ scopes }) => scopes.includes('offline_access'),
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    expires_in: expiresInSeconds,
    token_type: 'Bearer',
    refresh_token: refreshToken,
    scope: grant.scopes.join(' '),
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    return {
      status: 400,
      body: { error: isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure },
    };
  },
  revoked: () => ({ status: 200, body: null }),
};

export const xero: StandIn = {
  slug: 'xero',
  origin: API,
  otherOrigins: [LOGIN, IDENTITY],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'organisation', windows: [{ calls: 60, perMs: 60_000 }] }),
  rejected: (_key, because) =>
    error(
      401,
      'Unauthorized',
      because === 'expired'
        ? 'TokenExpired: token expired at 11/01/2026 09:00:00'
        : 'AuthenticationUnsuccessful',
    ),
  throttled: (seconds) => ({
    status: 429,
    body: 'The minute limit was reached.',
    headers: {
      'retry-after': String(seconds),
      'x-rate-limit-problem': 'minute',
      'content-type': 'text/plain',
    },
  }),
  outOfCredits: () => ({ status: 429, body: '', headers: { 'x-rate-limit-problem': 'day' } }),
  missingPermission: () => error(401, 'Unauthorized', 'AuthorizationUnsuccessful'),
  errorInside: () => ({ status: 200, body: { Status: 'Error', Message: 'An error occurred in Xero.' } }),
  answer,
};

/** Whoever signs in reaches two organisations and a practice, named by their address; a key of a program one. */
function organisationsOf(owner: string): { tenantId: string; tenantName: string; tenantType: string }[] {
  const word = owner.split('@')[1]?.split('.')[0] ?? owner;
  const name = word.charAt(0).toUpperCase() + word.slice(1);
  return [
    { tenantName: `${name} Ltd`, tenantType: 'ORGANISATION' },
    { tenantName: `${name} Trading`, tenantType: 'ORGANISATION' },
    { tenantName: `${name} Practice`, tenantType: 'PRACTICE' },
  ].map((one) => ({ ...one, tenantId: uuidOf(one.tenantName) }));
}

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body, headers, grant } = request;
  const all = organisationsOf(ownerOf('xero', request));
  if (path === '/connections')
    return {
      status: 200,
      body: all.map((one) => ({
        id: uuidOf(`connection ${one.tenantId}`),
        authEventId: uuidOf('event'),
        ...one,
      })),
    };
  const asked = headers['xero-tenant-id'];
  const isProgram = grant === null || grant.scopes.length === 0;
  const found = asked === undefined && isProgram ? all[0] : all.find((one) => one.tenantId === asked);
  if (found === undefined) return error(403, 'Forbidden', 'AuthenticationUnsuccessful');
  const rest = path.replace(/^\/api\.xro\/2\.0/, '');
  switch (`${method} ${rest}`) {
    case 'GET /Organisation':
      return ok({
        Organisations: [{ OrganisationID: found.tenantId, Name: found.tenantName, CountryCode: 'GB' }],
      });
    case 'GET /Contacts': {
      const text = query.get('searchTerm') ?? '';
      const contact = { ContactID: uuidOf(text), Name: 'Acme', EmailAddress: text, ContactStatus: 'ACTIVE' };
      return ok({ Contacts: text.includes('nobody') ? [] : [contact] });
    }
    case 'PUT /Contacts':
    case 'POST /Contacts': {
      const given = firstOf(body, 'Contacts');
      const name = textOf(given, 'Name') || 'Acme';
      if (name === 'Taken') return refused('The contact name Taken is already assigned to another contact.');
      return ok({ Contacts: [{ ContactID: textOf(given, 'ContactID') || uuidOf(name), Name: name }] });
    }
    case 'PUT /Invoices': {
      const status = textOf(firstOf(body, 'Invoices'), 'Status') || 'DRAFT';
      return ok({ Invoices: [invoice(`INV-${1000 + pick(JSON.stringify(body), 9000)}`, status)] });
    }
    case 'GET /Invoices':
      return ok({ Invoices: [invoice('INV-0007', query.get('Statuses') ?? 'AUTHORISED')] });
    case 'PUT /Payments':
      return ok({ Payments: [{ PaymentID: uuidOf(JSON.stringify(body)), Status: 'AUTHORISED' }] });
    default: {
      const [, number] = /^\/Invoices\/([\w-]+)$/.exec(rest) ?? [];
      return number === undefined || number === 'INV-404'
        ? { status: 404, body: "The resource you're looking for cannot be found" }
        : ok({ Invoices: [invoice(number, 'AUTHORISED')] });
    }
  }
}

function firstOf(body: unknown, name: string): unknown {
  const list = memberOf(body, name);
  return Array.isArray(list) ? list[0] : undefined;
}

function invoice(number: string, status: string): object {
  return { InvoiceID: uuidOf(number), InvoiceNumber: number, Status: status, Total: 120, AmountDue: 120 };
}

function refused(message: string): Reply {
  return {
    status: 400,
    body: {
      ErrorNumber: 10,
      Type: 'ValidationException',
      Message: 'A validation exception occurred',
      Elements: [{ ValidationErrors: [{ Message: message }] }],
    },
  };
}

function ok(body: object): Reply {
  return { status: 200, body: { Id: uuidOf('answer'), Status: 'OK', ...body } };
}

function error(status: number, title: string, detail: string): Reply {
  return {
    status,
    body: { Type: null, Title: title, Status: status, Detail: detail, Instance: uuidOf(detail) },
  };
}
