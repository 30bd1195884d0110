import { expect, test } from 'vitest';
import { catalogFolder } from '../built-in.ts';
import { loadCatalog } from '../load.ts';
import { judge } from './judge.ts';
import type { Answer, Outcome } from './outcome.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const catalog = await loadCatalog({ builtIn: catalogFolder });

function definitionOf(slug: string) {
  const definition = catalog.get(slug);
  if (definition === undefined) throw new Error(`no ${slug}`);
  return definition;
}

function answer(status: number, body: unknown = '', headers: Record<string, string> = {}): Answer {
  return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

function probed(slug: string, given: Answer): Outcome {
  const definition = definitionOf(slug);
  if (definition.probe === undefined) throw new Error(`${slug} has no probe`);
  return judge(definition, { kind: 'probe', probe: definition.probe }, given, NOW);
}

function acted(slug: string, name: string, given: Answer, step: 'submit' | 'poll' = 'submit'): Outcome {
  const definition = definitionOf(slug);
  const action = definition.actions.find((one) => one.name === name);
  if (action === undefined) throw new Error(`${slug} has no ${name}`);
  return judge(definition, { kind: 'action', action, step }, given, NOW);
}

const hunterError = (id: string, details: string) => ({ errors: [{ id, code: 0, details }] });
const HTML = '<!DOCTYPE html><html><body>Welcome</body></html>';

test.each<[string, string, Answer, string]>([
  [
    'hunter',
    'an account',
    answer(200, { data: { email: 'a@b.example', requests: { searches: { used: 1, available: 25 } } } }),
    'success',
  ],
  [
    'hunter',
    'an account whose searches are used up',
    answer(200, { data: { email: 'a@b.example', requests: { searches: { used: 25, available: 25 } } } }),
    'out_of_credits',
  ],
  [
    'hunter',
    'a wrong key',
    answer(401, hunterError('authentication_failed', 'No user found for the API key supplied')),
    'rejected',
  ],
  [
    'hunter',
    '403, its throttle',
    answer(403, hunterError('too_many_requests', 'You have reached the rate limit.')),
    'rate_limited',
  ],
  [
    'hunter',
    '429, the quota of the month',
    answer(429, hunterError('too_many_requests', 'You have reached your usage limit')),
    'out_of_credits',
  ],
  [
    'hunter',
    'an error inside 200',
    answer(200, hunterError('internal_error', 'Something went wrong')),
    'nonsense',
  ],
  ['apollo', 'a good key', answer(200, { healthy: true, is_logged_in: true }), 'success'],
  ['apollo', 'a bad key answered with 200', answer(200, { healthy: true, is_logged_in: false }), 'rejected'],
  ['apollo', 'a bad key in plain text', answer(401, 'Invalid access credentials.'), 'rejected'],
  [
    'apollo',
    'a key without that endpoint',
    answer(403, { error: 'This API key is not authorized', error_code: 'API_INACCESSIBLE' }),
    'missing_permission',
  ],
  ['apollo', '429', answer(429, { message: 'exceeded' }, { 'retry-after': '30' }), 'rate_limited'],
  ['betterenrich', 'credits', answer(200, { totalCredit: 120 }), 'success'],
  ['betterenrich', 'no credits by number', answer(200, { totalCredit: 0 }), 'out_of_credits'],
  ['betterenrich', 'no credits by 403', answer(403, { message: 'Insufficient credits' }), 'out_of_credits'],
  ['betterenrich', 'a wrong key', answer(401, { message: 'Unauthorized' }), 'rejected'],
  ['instantly', 'a workspace', answer(200, { id: 'w1', name: 'Ours' }), 'success'],
  [
    'instantly',
    'a wrong key',
    answer(401, { statusCode: 401, error: 'Unauthorized', message: 'Invalid API key' }),
    'rejected',
  ],
  [
    'instantly',
    'no paid plan',
    answer(402, { statusCode: 402, error: 'Payment Required', message: 'No active paid plan' }),
    'missing_permission',
  ],
  [
    'instantly',
    'a key without the scope',
    answer(403, { statusCode: 403, error: 'Forbidden', message: 'Missing scope' }),
    'missing_permission',
  ],
  ['smartlead', 'campaigns', answer(200, []), 'success'],
  [
    'smartlead',
    'a wrong key',
    answer(401, { success: false, error: { code: 'UNAUTHORIZED', message: 'Invalid' } }),
    'rejected',
  ],
  [
    'smartlead',
    '429',
    answer(429, { success: false, error: { code: 'RATE_LIMIT_EXCEEDED' } }),
    'rate_limited',
  ],
  ['heyreach', 'an empty 200', answer(200, ''), 'success'],
  ['heyreach', 'a plain 200', answer(200, 'OK'), 'success'],
  ['heyreach', 'a wrong key in plain text', answer(401, 'Invalid API key'), 'rejected'],
  ['heyreach', 'no key', answer(401, 'Missing API key'), 'rejected'],
  ['heyreach', 'a page', answer(200, HTML), 'nonsense'],
])('probe of %s: %s means %s', (slug, _, given, kind) => {
  expect(probed(slug, given).kind).toBe(kind);
});

test.each<[string, string, string, Answer, string]>([
  [
    'hunter',
    'find_email',
    'an address',
    answer(200, { data: { email: 'jane@acme.example', score: 90 } }),
    'success',
  ],
  ['hunter', 'find_email', 'nobody found', answer(200, { data: { email: null, score: null } }), 'no_result'],
  ['hunter', 'find_email', '202, ask again', answer(202, { data: null }), 'pending'],
  [
    'hunter',
    'find_email',
    '451, not to be processed',
    answer(451, hunterError('claimed_email', 'The person asked')),
    'no_result',
  ],
  [
    'hunter',
    'find_email',
    '400',
    answer(400, hunterError('wrong_params', 'You are missing the domain parameter')),
    'invalid_request',
  ],
  [
    'hunter',
    'find_email',
    '403, its throttle',
    answer(403, hunterError('too_many_requests', 'rate limit')),
    'rate_limited',
  ],
  [
    'hunter',
    'find_email',
    '429, the quota',
    answer(429, hunterError('too_many_requests', 'limit')),
    'out_of_credits',
  ],
  [
    'hunter',
    'find_email',
    'an error inside 200',
    answer(200, hunterError('internal_error', 'oops')),
    'nonsense',
  ],
  [
    'hunter',
    'verify_email',
    '222, an odd mail server',
    answer(222, { errors: [{ details: 'Unexpected SMTP response' }] }),
    'provider_error',
  ],
  ['hunter', 'enrich_person', '404', answer(404, hunterError('not_found', 'Not found')), 'no_result'],
  ['hunter', 'enrich_company', '404', answer(404, hunterError('not_found', 'Not found')), 'no_result'],
  [
    'hunter',
    'domain_search',
    'no addresses',
    answer(200, { data: { emails: [] }, meta: { results: 0 } }),
    'no_result',
  ],
  ['apollo', 'enrich_person', 'nobody', answer(200, { person: null }), 'no_result'],
  ['apollo', 'enrich_company', 'a company', answer(200, { organization: { id: '1' } }), 'success'],
  ['apollo', 'enrich_person', '422', answer(422, { error: 'bad parameter' }), 'invalid_request'],
  ['apollo', 'enrich_person', '401', answer(401, 'Invalid access credentials.'), 'rejected'],
  [
    'betterenrich',
    'find_work_email',
    'no credits',
    answer(403, { message: 'Insufficient credits' }),
    'out_of_credits',
  ],
  [
    'betterenrich',
    'find_work_email',
    'the receipt of a job',
    answer(201, { id: 'j1', message: 'Task submitted' }),
    'success',
  ],
  ['instantly', 'create_lead', 'a lead', answer(200, { id: 'l1', email: 'a@b.example' }), 'success'],
  ['instantly', 'list_leads', 'nobody', answer(200, { items: [] }), 'no_result'],
  ['instantly', 'create_lead', '402', answer(402, { message: 'No active paid plan' }), 'missing_permission'],
  ['smartlead', 'get_lead_by_email', 'an empty object', answer(200, {}), 'no_result'],
  [
    'smartlead',
    'add_leads',
    '404',
    answer(404, { error: { message: 'Campaign not found' } }),
    'invalid_request',
  ],
  ['heyreach', 'add_leads_to_campaign', 'counts', answer(200, { addedLeadsCount: 1 }), 'success'],
])('%s %s: %s means %s', (slug, name, _, given, kind) => {
  expect(acted(slug, name, given).kind).toBe(kind);
});

test.each([
  ['202 is running', answer(202, { id: 'j1', status: 'processing' }), 'pending'],
  [
    '200 is the result',
    answer(200, { id: 'j1', status: 'success', data: { email: 'jane@acme.example' } }),
    'success',
  ],
  ['200 without an address is nothing found', answer(200, { id: 'j1', data: { email: null } }), 'no_result'],
  ['401 is a withdrawn key', answer(401, {}), 'rejected'],
  ['201 is neither running nor done', answer(201, { id: 'j1' }), 'provider_error'],
] as const)('a poll at BetterEnrich: %s', (_, given, kind) => {
  expect(acted('betterenrich', 'find_work_email', given, 'poll').kind).toBe(kind);
});

test.each([
  [401, 'rejected'],
  [402, 'out_of_credits'],
  [403, 'missing_permission'],
  [404, 'wrong_account'],
  [408, 'provider_error'],
  [429, 'rate_limited'],
  [500, 'provider_error'],
  [502, 'provider_error'],
  [503, 'provider_error'],
  [301, 'nonsense'],
  [302, 'nonsense'],
  [418, 'invalid_request'],
])('where the file says nothing, a probe answered %i means %s', (status, kind) => {
  expect(probed('smartlead', answer(status, {})).kind).toBe(kind);
});

test.each(['<!DOCTYPE html><html><body>Sorry</body></html>', '{"value": [', ''])(
  'what is no answer at all is not "nothing found", though what a file looks for is not in it: %s',
  (text) => {
    expect(acted('google-cloud', 'list_objects', answer(200, text)).kind).toBe('nonsense');
    expect(acted('google-cloud', 'list_objects', answer(200, {})).kind).toBe('no_result');
  },
);

test('404 to an action is a mistaken request unless the file says it means nothing found', () => {
  expect(acted('smartlead', 'get_lead_by_email', answer(404, {})).kind).toBe('invalid_request');
});

test.each([
  ['a page of HTML', HTML, 'html'],
  ['JSON that is cut off', '{"data": {"email": "ja', 'not_json'],
  ['nothing', '', 'empty'],
])('a 200 with %s is nonsense', (_, text, because) => {
  expect(probed('hunter', answer(200, text))).toMatchObject({ kind: 'nonsense', because });
  expect(acted('hunter', 'find_email', answer(200, text))).toMatchObject({ kind: 'nonsense', because });
});

test("a firewall's page with 403 says nothing about the key", () => {
  expect(probed('smartlead', answer(403, HTML)).kind).toBe('nonsense');
  // Files in which a bad key is answered with 403.
  expect(probed('datadog', answer(403, { errors: ['Forbidden'] })).kind).toBe('rejected');
  expect(probed('datadog', answer(403, HTML)).kind).toBe('nonsense');
  expect(probed('amplitude', answer(403, 'Invalid API Key')).kind).toBe('rejected');
  expect(probed('amplitude', answer(403, HTML)).kind).toBe('nonsense');
});

test('words come from where the file says, on one line, without control or direction characters, cut to 300', () => {
  expect(probed('hunter', answer(401, hunterError('x', 'No\r\n user\u0000 \u202efound')))).toMatchObject({
    said: 'No user found',
  });
  expect(probed('heyreach', answer(401, ' Invalid API key '))).toMatchObject({ said: 'Invalid API key' });
  const long = probed('hunter', answer(401, hunterError('x', 'é'.repeat(2000))));
  expect(long.kind === 'rejected' ? long.said?.length : 0).toBe(300);
});

test('a page of HTML is never quoted', () => {
  expect(probed('smartlead', answer(500, HTML))).toMatchObject({ kind: 'provider_error', said: null });
});

test('what the file advises comes with the outcome', () => {
  expect(acted('hunter', 'find_email', answer(451, {}))).toMatchObject({
    advice: expect.stringContaining('asked Hunter not to process'),
  });
  expect(probed('instantly', answer(402, {}))).toMatchObject({
    permission: 'a paid Instantly plan with API access',
  });
});

test.each([
  ['30', 30],
  ['0', 1],
  ['-1', 1],
  ['99999999', 3600],
  ['1.2', 2],
  ['Wed, 99 Nov 2026 99:00:00 GMT', null],
  ['soon', null],
  ['', null],
  ['Fri, 20 Nov 2026 12:00:45 GMT', 45],
  ['Fri, 20 Nov 2020 12:00:00 GMT', 1],
  ['Fri, 20 Nov 2037 12:00:00 GMT', 3600],
  ['9'.repeat(400), null],
])('Retry-After "%s" is a wait of %s seconds', (header, expected) => {
  expect(probed('apollo', answer(429, {}, { 'retry-after': header }))).toMatchObject({
    retryAfterSeconds: expected,
  });
});

test("a provider's own header and the wait a file gives are used where Retry-After is missing", () => {
  const reset = String(NOW.getTime() / 1000 + 20);
  expect(probed('smartlead', answer(429, {}, { 'x-ratelimit-reset': reset }))).toMatchObject({
    retryAfterSeconds: 20,
  });
  expect(probed('hunter', answer(403, {}))).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: 1 });
});

test.each([
  [35, {}, 35],
  [0.2, {}, 1],
  [9e9, {}, 3600],
  [-5, {}, null],
  ['35', {}, null],
  [35, { 'retry-after': '7' }, 7],
])('a wait of %s in the body, beside the headers %j, is one of %s seconds', (said, headers, expected) => {
  const given = answer(429, { ok: false, parameters: { retry_after: said } }, headers);
  expect(probed('telegram', given)).toMatchObject({ kind: 'rate_limited', retryAfterSeconds: expected });
});

test('a member named __proto__ or constructor is data and is never followed', () => {
  const text = '{"__proto__":{"data":{"email":"x"}},"constructor":{"prototype":{"email":"x"}}}';
  expect(acted('hunter', 'find_email', answer(200, text)).kind).toBe('nonsense');
  expect(({} as Record<string, unknown>).email).toBeUndefined();
});
