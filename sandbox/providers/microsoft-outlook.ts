import type { OAuthSpec, Place } from '../oauth/spec.ts';
import { personOfEmail, pick, uuidOf } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import { atEntraDesk, ENTRA, failed, ENTRA_LOGIN as LOGIN } from '../service-accounts/entra.ts';
import type { StandIn } from '../stand-in.ts';

const GRAPH = 'https://graph.microsoft.com';
const PREFIX = `${GRAPH}/`;

const anyTenant = (path: string): Place[] =>
  ['common', 'organizations', 'consumers', ENTRA.tenant].map((tenant) => ({
    origin: LOGIN,
    path: `/${tenant}/oauth2/v2.0/${path}`,
  }));

// https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow; a used refresh token stays good for its 90 days
const oauth: OAuthSpec = {
  name: 'Microsoft',
  authorize: anyTenant('authorize'),
  token: anyTenant('token'),
  revoke: [],
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'rotating',
  graceSeconds: 7_776_000,
  accessSeconds: 3599,
  givesRefreshToken: ({ scopes }) => scopes.includes('offline_access'),
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    token_type: 'Bearer',
    scope: grant.scopes
      .filter((scope) => scope !== 'offline_access')
      .map((scope) => (scope.includes('.') && !scope.startsWith('https:') ? `${PREFIX}${scope}` : scope))
      .join(' '),
    expires_in: expiresInSeconds,
    ext_expires_in: expiresInSeconds,
    access_token: accessToken,
    refresh_token: refreshToken,
  }),
  failed: (failure, isRefresh) => {
    const [status, error, code, words] =
      failure === 'invalid_grant' && isRefresh ? REVOKED : (FAILURES[failure] ?? MALFORMED);
    return failed(status, error, code, words);
  },
  revoked: () => ({ status: 404, body: null }),
};

type Failure = readonly [status: number, error: string, code: number, words: string];
const REVOKED: Failure = [
  400,
  'invalid_grant',
  50_173,
  'The provided grant has expired due to it being revoked.',
];
const MALFORMED: Failure = [400, 'invalid_request', 9_002_313, 'Request is malformed or invalid.'];
const FAILURES: Record<string, Failure> = {
  invalid_client: [400, 'unauthorized_client', 700_016, 'Application was not found in the directory.'],
  bad_secret: [401, 'invalid_client', 7_000_215, 'Invalid client secret provided.'],
  invalid_code: [400, 'invalid_grant', 54_005, 'OAuth2 Authorization code was already redeemed.'],
};

export const microsoftOutlook: StandIn = {
  slug: 'microsoft-outlook',
  origin: GRAPH,
  otherOrigins: [LOGIN],
  atDesk: atEntraDesk,
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'mailbox', windows: [{ calls: 10_000, perMs: 600_000 }] }),
  rejected: (_key, because) =>
    error(
      401,
      'InvalidAuthenticationToken',
      because === 'expired'
        ? 'Lifetime validation failed, the token is expired.'
        : 'Access token is empty or invalid.',
    ),
  throttled: (seconds) => ({
    ...error(429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.'),
    headers: { 'retry-after': String(seconds) },
  }),
  outOfCredits: () => error(429, 'TooManyRequests', 'Too many requests.'),
  missingPermission: () =>
    error(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.'),
  errorInside: () => ({ status: 200, body: { error: { code: 'generalException', message: 'Internal' } } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, query, body } = request;
  const [, mailbox, rest = ''] = /^\/v1\.0\/(me|users\/[^/]+)(\/.*)?$/.exec(request.path) ?? [];
  if (mailbox === undefined) return error(404, 'ResourceNotFound', 'Resource could not be discovered.');
  switch (`${method} ${rest}`) {
    case 'GET ': {
      const owner = ownerOf('microsoft-outlook', request);
      return ok({
        id: uuidOf(owner),
        userPrincipalName: owner,
        mail: owner,
        displayName: owner.split('@')[0],
      });
    }
    case 'GET /mailFolders/inbox':
      return ok({ id: 'AAMkINBOX', displayName: 'Inbox' });
    case 'POST /sendMail':
      return { status: 202, body: null };
    case 'POST /messages':
      return made({ subject: textOf(body, 'subject'), isDraft: true });
    case 'GET /messages':
      return ok({ value: messages((query.get('$search') ?? '').replaceAll('"', '')) });
    case 'POST /events':
      return made({
        subject: textOf(body, 'subject'),
        start: memberOf(body, 'start'),
        end: memberOf(body, 'end'),
      });
    case 'GET /calendarView': {
      const start = { dateTime: query.get('startDateTime'), timeZone: 'UTC' };
      const end = { dateTime: query.get('endDateTime'), timeZone: 'UTC' };
      return ok({ value: [{ id: 'AAMkEVENT', subject: 'Planning', start, end }] });
    }
    case 'POST /contacts': {
      const name = `${textOf(body, 'givenName')} ${textOf(body, 'surname')}`.trim();
      return made({ displayName: name });
    }
    case 'GET /contacts':
      return ok({ value: contacts(/'([^']+)'/.exec(query.get('$filter') ?? '')?.[1] ?? '') });
    default:
      return error(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
  }
}

function messages(search: string): object[] {
  if (search.includes('nothing')) return [];
  const address = search.split(':').at(-1) ?? search;
  const id = `AAMk${pick(search, 99_999_999)}`;
  const from = { emailAddress: { name: 'Anna Berg', address } };
  return [
    {
      id,
      subject: 'Offer',
      from,
      receivedDateTime: '2026-11-01T09:00:00Z',
      bodyPreview: 'As we said …',
      webLink: `https://outlook.office365.com/owa/?ItemID=${id}`,
    },
  ];
}

function contacts(email: string): object[] {
  const person = personOfEmail(email);
  const displayName = `${person.firstName} ${person.lastName}`.trim();
  const contact = {
    id: `AAMk${pick(email, 99_999_999)}`,
    displayName,
    companyName: 'Acme',
    jobTitle: person.title,
  };
  return person.found ? [{ ...contact, businessPhones: [person.phone] }] : [];
}

function made(item: object): Reply {
  const id = `AAMk${pick(JSON.stringify(item), 99_999_999)}`;
  return { status: 201, body: { id, ...item, webLink: `https://outlook.office365.com/owa/?ItemID=${id}` } };
}

function ok(body: object): Reply {
  return { status: 200, body };
}

function error(status: number, code: string, message: string): Reply {
  return {
    status,
    body: {
      error: { code, message, innerError: { date: '2026-11-01T09:00:00', 'request-id': uuidOf(code) } },
    },
  };
}
