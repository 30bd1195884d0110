import { expect, test } from 'vitest';
import { judge } from './answers/judge.ts';
import { saysRefused } from './answers/refusal.ts';
import { catalogFolder } from './built-in.ts';
import { loadCatalog } from './load.ts';

/* Documented answers whose status alone says something else, or too little; judged with the catalog's own files. */

const catalog = await loadCatalog({ builtIn: catalogFolder });
const NOW = new Date('2026-03-01T12:00:00Z');
const JSON_TYPE = { 'content-type': 'application/json' };

function judged(slug: string, status: number, body: unknown, headers: Record<string, string> = {}) {
  const definition = catalog.get(slug);
  if (definition?.probe === undefined) throw new Error(`no probe for ${slug}`);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = { status, headers: { ...JSON_TYPE, ...headers }, text };
  const outcome = judge(definition, { kind: 'probe', probe: definition.probe }, answer, NOW);
  return { outcome, isRefused: saysRefused(definition, answer) };
}

const fault = (code: string, message = 'x', detail = 'x') => ({
  Fault: { Error: [{ Message: message, Detail: detail, code }], type: 'AUTHENTICATION' },
});
const xero = (Title: string, Detail: string) => ({ Type: null, Title, Status: 401, Detail });
const graph = (code: string, message: string) => ({ error: { code, message } });
const dropbox = (tag: string) => ({
  error_summary: `${tag}/..`,
  error: { '.tag': tag, required_scope: 'x' },
});
const linkedin = (serviceErrorCode: number) => ({ serviceErrorCode, message: 'x', status: 401 });
const intercom = (code: string) => ({ type: 'error.list', errors: [{ code, message: 'x' }] });
const box = (words: string) => ({
  'www-authenticate': `Bearer realm="Service", error="invalid_token", error_description="The access token provided ${words}."`,
});
const google = (code: number, reason: string, message = 'x') => ({
  error: { code, message, status: 'x', details: [{ '@type': 'x', reason, domain: 'googleapis.com' }] },
});
const drive = (reason: string) => ({
  error: { code: 403, message: 'x', errors: [{ reason, message: 'x' }] },
});
const aws = (code: string) => ({ 'x-amzn-errortype': `${code}:http://internal.amazon.com/coral/` });
const azure = (code: string) => ({ error: { code, message: 'x' } });
const snowflake = (code: string, message: string) => ({ code, message });
const apple = (code: string) => ({ errors: [{ status: '403', code, title: 'x', detail: 'x' }] });
const linear = (code: string, message: string) => ({ errors: [{ message, extensions: { code } }] });

test.each<[slug: string, status: number, body: unknown, headers: Record<string, string>, means: string]>([
  ['github', 401, { message: 'Bad credentials' }, {}, 'rejected'],
  ['github', 403, { message: 'API rate limit exceeded' }, { 'x-ratelimit-remaining': '0' }, 'rate_limited'],
  ['github', 429, { message: 'API rate limit exceeded' }, { 'x-ratelimit-remaining': '0' }, 'rate_limited'],
  ['github', 403, { message: 'You have exceeded a secondary rate limit.' }, {}, 'rate_limited'],
  ['github', 403, { message: 'Maximum number of login attempts exceeded.' }, {}, 'rate_limited'],
  ['github', 403, { message: 'Resource not accessible by integration' }, {}, 'missing_permission'],
  [
    'github',
    403,
    { message: 'Resource protected by organization SAML enforcement.' },
    { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso' },
    'missing_permission',
  ],
  ['gitlab', 401, { message: '401 Unauthorized' }, {}, 'rejected'],
  [
    'gitlab',
    401,
    {
      error: 'invalid_token',
      error_description: 'Token was revoked. You have to re-authorize from the user.',
    },
    {},
    'revoked',
  ],
  [
    'gitlab',
    401,
    {
      error: 'invalid_token',
      error_description: 'Token is expired. You can either do re-authorization or token refresh.',
    },
    {},
    'expired',
  ],
  [
    'gitlab',
    403,
    { error: 'insufficient_scope', error_description: 'higher privileges', scope: 'api' },
    {},
    'missing_permission',
  ],
  ['linear', 400, linear('RATELIMITED', 'Rate limit exceeded'), {}, 'rate_limited'],
  [
    'linear',
    401,
    linear('AUTHENTICATION_ERROR', 'Authentication required, not authenticated'),
    {},
    'rejected',
  ],
  [
    'linear',
    400,
    linear('AUTHENTICATION_ERROR', 'Authentication required, not authenticated'),
    {},
    'rejected',
  ],
  [
    'linear',
    200,
    linear('AUTHENTICATION_ERROR', 'Authentication required, not authenticated'),
    {},
    'rejected',
  ],
  ['linear', 200, linear('FORBIDDEN', 'Invalid scope: `write` required'), {}, 'missing_permission'],
  ['microsoft-outlook', 401, graph('InvalidAuthenticationToken', 'Access token is empty.'), {}, 'rejected'],
  [
    'microsoft-outlook',
    401,
    graph('InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'),
    {},
    'expired',
  ],
  [
    'microsoft-outlook',
    401,
    graph('InvalidAuthenticationToken', 'Continuous access evaluation'),
    { 'www-authenticate': 'Bearer error="insufficient_claims", claims="eyJ9"' },
    'expired',
  ],
  [
    'microsoft-outlook',
    403,
    graph('Authorization_RequestDenied', 'Insufficient privileges'),
    {},
    'missing_permission',
  ],
  ['pipedrive', 401, { success: false, error: 'unauthorized access', errorCode: 401 }, {}, 'rejected'],
  ['pipedrive', 402, { success: false, error: 'Company account is not open' }, {}, 'missing_permission'],
  ['pipedrive', 200, { success: false, error: 'Something went wrong' }, {}, 'nonsense'],
  [
    'quickbooks',
    401,
    fault('3200', 'message=AuthenticationFailed; errorCode=003200; statusCode=401'),
    {},
    'rejected',
  ],
  ['quickbooks', 401, fault('3200', 'message=AuthenticationFailed', 'Token expired: AB01'), {}, 'expired'],
  ['quickbooks', 401, fault('120', 'Authorization Failure'), {}, 'missing_permission'],
  [
    'quickbooks',
    403,
    fault('3100', 'message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403'),
    {},
    'wrong_account',
  ],
  ['xero', 401, xero('Unauthorized', 'AuthenticationUnsuccessful'), {}, 'rejected'],
  ['xero', 401, xero('Unauthorized', 'TokenExpired: token expired at 01/03/2026 11:00:00'), {}, 'expired'],
  ['xero', 401, xero('Unauthorized', 'AuthorizationUnsuccessful'), {}, 'missing_permission'],
  ['xero', 403, xero('Forbidden', 'AuthenticationUnsuccessful'), {}, 'revoked'],
  [
    'zoho-crm',
    401,
    { code: 'INVALID_TOKEN', message: 'invalid oauth token', status: 'error' },
    {},
    'rejected',
  ],
  [
    'zoho-crm',
    401,
    { code: 'AUTHENTICATION_FAILURE', message: 'Authentication failed', status: 'error' },
    {},
    'rejected',
  ],
  [
    'zoho-crm',
    401,
    { code: 'OAUTH_SCOPE_MISMATCH', message: 'invalid oauth scope', status: 'error' },
    {},
    'missing_permission',
  ],
  ['asana', 401, { errors: [{ message: 'Not Authorized' }] }, {}, 'rejected'],
  ['asana', 403, { errors: [{ message: 'Forbidden' }] }, {}, 'missing_permission'],
  ['asana', 402, { errors: [{ message: 'Payment Required' }] }, {}, 'missing_permission'],
  ['box', 401, '', box('is invalid'), 'rejected'],
  ['box', 401, '', box('has expired'), 'expired'],
  ['box', 403, { type: 'error', code: 'insufficient_scope' }, {}, 'missing_permission'],
  ['calendly', 401, { title: 'Unauthenticated', message: 'The access token is invalid' }, {}, 'rejected'],
  ['calendly', 403, { title: 'Permission Denied', message: 'x' }, {}, 'missing_permission'],
  ['dropbox', 401, dropbox('expired_access_token'), {}, 'expired'],
  ['dropbox', 401, dropbox('invalid_access_token'), {}, 'rejected'],
  ['dropbox', 401, dropbox('missing_scope'), {}, 'missing_permission'],
  [
    'dropbox',
    400,
    'Error in call to API function "users/get_current_account": The given OAuth 2 access token is malformed.',
    { 'content-type': 'text/plain' },
    'rejected',
  ],
  ['intercom', 401, intercom('unauthorized'), {}, 'rejected'],
  ['intercom', 403, intercom('api_plan_restricted'), {}, 'missing_permission'],
  ['intercom', 429, intercom('rate_limit_exceeded'), {}, 'rate_limited'],
  ['jira', 401, { code: 401, message: 'Unauthorized' }, {}, 'rejected'],
  ['jira', 401, { code: 401, message: 'Unauthorized; scope does not match' }, {}, 'missing_permission'],
  ['jira', 200, { accountId: null }, { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' }, 'rejected'],
  ['linkedin', 401, linkedin(65_600), {}, 'rejected'],
  ['linkedin', 401, linkedin(65_601), {}, 'revoked'],
  ['linkedin', 401, linkedin(65_602), {}, 'expired'],
  [
    'linkedin',
    403,
    { serviceErrorCode: 100, message: 'Not enough permissions', status: 403 },
    {},
    'missing_permission',
  ],
  ['zoom', 401, { code: 124, message: 'Invalid access token.' }, {}, 'rejected'],
  ['zoom', 400, { code: 4711, message: 'does not contain scopes' }, {}, 'missing_permission'],
  [
    'zoom',
    401,
    { code: 4700, message: 'Invalid access token, does not contain scopes' },
    {},
    'missing_permission',
  ],
  ['zoom', 429, { code: 429, message: 'maximum per-second rate limit' }, {}, 'rate_limited'],
  ['google-cloud', 401, google(401, 'ACCESS_TOKEN_EXPIRED'), {}, 'expired'],
  ['google-cloud', 401, google(401, 'ACCESS_TOKEN_TYPE_UNSUPPORTED'), {}, 'rejected'],
  ['google-cloud', 401, google(401, 'ACCOUNT_STATE_INVALID'), {}, 'revoked'],
  ['google-cloud', 403, google(403, 'SERVICE_DISABLED'), {}, 'missing_permission'],
  ['google-cloud', 403, google(403, 'CONSUMER_INVALID'), {}, 'revoked'],
  ['google-cloud', 403, google(403, 'x', 'Project #123456789012 has been deleted.'), {}, 'revoked'],
  ['google-cloud', 403, google(403, 'CONSUMER_SUSPENDED'), {}, 'missing_permission'],
  ['google-cloud', 403, google(403, 'BILLING_DISABLED'), {}, 'out_of_credits'],
  ['google-cloud', 403, google(403, 'IAM_PERMISSION_DENIED'), {}, 'missing_permission'],
  ['google-cloud', 429, google(429, 'RATE_LIMIT_EXCEEDED'), {}, 'rate_limited'],
  ['google-drive', 403, drive('userRateLimitExceeded'), {}, 'rate_limited'],
  ['google-drive', 403, drive('storageQuotaExceeded'), {}, 'out_of_credits'],
  ['google-drive', 403, drive('insufficientFilePermissions'), {}, 'missing_permission'],
  ['google-drive', 403, drive('accessNotConfigured'), {}, 'missing_permission'],
  ['aws-ses', 403, { message: 'x' }, aws('InvalidClientTokenId'), 'rejected'],
  ['aws-ses', 403, { message: 'x' }, aws('SignatureDoesNotMatch'), 'rejected'],
  ['aws-ses', 403, { message: 'x' }, aws('ExpiredTokenException'), 'expired'],
  [
    'aws-ses',
    403,
    { message: 'Signature expired: 20260301T100000Z is now earlier than 20260301T115500Z' },
    aws('InvalidSignatureException'),
    'provider_error',
  ],
  [
    'aws-ses',
    403,
    { Message: 'User: x is not authorized to perform: ses:GetAccount' },
    aws('AccessDeniedException'),
    'missing_permission',
  ],
  ['aws-ses', 400, { message: 'x' }, aws('SendingPausedException'), 'missing_permission'],
  ['aws-ses', 429, { message: 'Rate exceeded' }, aws('TooManyRequestsException'), 'rate_limited'],
  [
    'aws-ses',
    400,
    { message: 'Daily message quota exceeded.' },
    aws('ThrottlingException'),
    'out_of_credits',
  ],
  ['microsoft-azure', 401, azure('ExpiredAuthenticationToken'), {}, 'expired'],
  ['microsoft-azure', 401, azure('InvalidAuthenticationToken'), {}, 'rejected'],
  ['microsoft-azure', 401, azure('InvalidAuthenticationTokenTenant'), {}, 'wrong_account'],
  ['microsoft-azure', 403, azure('AuthorizationFailed'), {}, 'missing_permission'],
  ['microsoft-azure', 429, azure('TooManyRequests'), {}, 'rate_limited'],
  ['snowflake', 401, snowflake('390144', 'JWT token is invalid. [1]'), {}, 'rejected'],
  ['snowflake', 401, snowflake('390303', 'Invalid OAuth access token. [1]'), {}, 'rejected'],
  ['snowflake', 401, snowflake('390318', 'OAuth access token expired. [1]'), {}, 'expired'],
  [
    'snowflake',
    422,
    snowflake('390186', "Role 'X' specified in the connect string does not exist or not authorized."),
    {},
    'missing_permission',
  ],
  [
    'snowflake',
    422,
    snowflake('003001', 'SQL access control error: Insufficient privileges to operate on table'),
    {},
    'missing_permission',
  ],
  [
    'snowflake',
    422,
    snowflake('000606', 'No active warehouse selected in the current session.'),
    {},
    'invalid_request',
  ],
  ['databricks', 403, { error_code: '403', message: 'Invalid access token.' }, {}, 'rejected'],
  ['databricks', 401, { error_code: 401, message: 'Credential was not sent' }, {}, 'rejected'],
  ['databricks', 403, { error_code: 'PERMISSION_DENIED', message: 'x' }, {}, 'missing_permission'],
  ['databricks', 429, { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'x' }, {}, 'rate_limited'],
  ['app-store-connect', 401, apple('NOT_AUTHORIZED'), {}, 'rejected'],
  ['app-store-connect', 403, apple('FORBIDDEN_ERROR'), {}, 'missing_permission'],
  [
    'app-store-connect',
    403,
    apple('FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED'),
    {},
    'missing_permission',
  ],
  ['app-store-connect', 429, apple('RATE_LIMIT_EXCEEDED'), {}, 'rate_limited'],
])('%s: %i %j %j means %s', (slug, status, body, headers, means) => {
  const { outcome, isRefused } = judged(slug, status, body, headers);
  expect(outcome.kind).toBe(means);
  // What makes a token be renewed, or a connection be called broken, is the same whoever made the call.
  expect(isRefused).toBe(['rejected', 'expired', 'revoked'].includes(means));
});

test('the permission that is missing is named where the answer names it', () => {
  const { outcome } = judged('gitlab', 403, { error: 'insufficient_scope', scope: 'api' });
  expect(outcome).toMatchObject({ permission: 'api' });
  expect(judged('dropbox', 401, dropbox('missing_scope')).outcome).toMatchObject({ permission: 'x' });
});

test('a throttle waits as long as its header says, in whatever unit that is', () => {
  const inAMinute = NOW.getTime() / 1000 + 60;
  const waits = [
    judged('github', 403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(inAMinute) }),
    judged('linear', 400, linear('RATELIMITED', 'x'), {
      'x-ratelimit-requests-reset': String(inAMinute * 1000),
    }),
    judged('pipedrive', 429, {}, { 'x-ratelimit-reset': '60' }),
    judged('quickbooks', 429, {}),
    judged('calendly', 429, {}, { 'x-ratelimit-reset': '60' }),
    judged('intercom', 429, {}, { 'x-ratelimit-reset': String(inAMinute) }),
    judged('box', 429, {}, { 'retry-after': '60' }),
  ];
  for (const { outcome } of waits)
    expect(outcome).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 60 });
});
