// biome-ignore-all lint/suspicious/noTemplateCurlyInString: values that look like templates are what is tested.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectionFieldSchema } from '../definition/field-definition.ts';
import { requestTemplateSchema } from '../definition/request-template.ts';
import { resolveBaseUrl } from './base-url.ts';
import { type AddressSource, buildRequest } from './request.ts';

const ACME: AddressSource = {
  baseUrl: 'https://api.acme.example/v1',
  connectionFields: [],
  defaultHeaders: {},
};

function template(fields: Record<string, unknown>) {
  return requestTemplateSchema.parse({ method: 'POST', path: '/x', ...fields });
}

function built(
  fields: Record<string, unknown>,
  inputs: Record<string, unknown>,
  source = ACME,
  connection: Record<string, string> = {},
) {
  const outcome = buildRequest(source, template(fields), inputs, connection);
  if (outcome.kind !== 'ready') throw new Error(outcome.message);
  return outcome.request;
}

const nasty = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '..',
    '.',
    '../admin',
    '%2e%2e',
    '..%2f',
    '..\\admin',
    '//evil.example',
    '/\\evil.example',
    '@evil.example/',
    ':8080/x',
    '.evil.example',
    '?a=b',
    '#x',
    '\r\nX-Evil: 1',
    '{api_key}',
    '${token}',
    '{{secret}}',
    '\u0000',
    'https://evil.example/',
  ),
);

test('whatever is filled in, a request stays at its host, under its base path, in its own segment', () => {
  fc.assert(
    fc.property(nasty, nasty, (first, second) => {
      const outcome = buildRequest(
        ACME,
        template({ path: '/a/{first}/b-{second}/c', query: { q: '{first}' } }),
        { first, second },
        {},
      );
      if (outcome.kind === 'unfit') return;
      const url = new URL(outcome.request.url);
      expect(url.origin).toBe('https://api.acme.example');
      expect(url.username + url.password + url.hash).toBe('');
      expect(url.pathname.split('/')).toHaveLength(6);
      expect(url.pathname).toMatch(/^\/v1\/a\/[^/]+\/b-[^/]+\/c$/);
      expect([...url.searchParams.keys()]).toEqual(['q']);
    }),
    { numRuns: 2000 },
  );
});

test('what is filled in reaches the other side as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      fc.pre(!/^\.{1,2}$/.test(value) && value.isWellFormed());
      const request = built(
        { path: '/a/{value}', query: { q: '{value}' }, body: { inner: ['{value}'] } },
        { value },
      );
      const url = new URL(request.url);
      expect(decodeURIComponent(url.pathname.split('/').at(-1) ?? '')).toBe(value);
      expect(url.searchParams.get('q')).toBe(value);
      expect(JSON.parse(request.body ?? '')).toEqual({ inner: [value] });
    }),
  );
});

test.each([
  '${access_token}',
  '{{secret}}',
  '{api_key}',
  '${connection.credentials.refresh_token}',
  '{{constructor.constructor}}',
  '{__proto__}',
])('a value that looks like a template is sent literally: %s', (value) => {
  const request = built(
    { path: '/a/{v}', query: { q: '{v}' }, headers: { 'X-V': 'v {v}' }, body: { v: '{v}' } },
    { v: value, api_key: 'fake-key-0001' },
  );
  expect(new URL(request.url).searchParams.get('q')).toBe(value);
  expect(request.headers['x-v']).toBe(`v ${value}`);
  expect(request.body).toBe(JSON.stringify({ v: value }));
  expect(JSON.stringify(request)).not.toContain('fake-key-0001');
});

test.each(['..', '.'])('"%s" as a part of a path is refused', (value) => {
  expect(buildRequest(ACME, template({ path: '/a/{v}' }), { v: value }, {})).toMatchObject({
    kind: 'unfit',
    name: 'v',
  });
});

test('a path whose part is missing is refused, naming it', () => {
  expect(buildRequest(ACME, template({ path: '/a/{id}' }), { id: '' }, {})).toEqual({
    kind: 'unfit',
    name: 'id',
    message: 'id is missing, and the address needs it.',
  });
});

test('a value with a line break cannot stand in a header', () => {
  expect(buildRequest(ACME, template({ headers: { 'X-V': '{v}' } }), { v: 'a\r\nX-Evil: 1' }, {}).kind).toBe(
    'unfit',
  );
});

test('a place alone keeps its type, and what was not given is left out', () => {
  const body = {
    a: '{a}',
    b: '{b}',
    c: 'c {missing}',
    d: { e: '{missing}' },
    f: ['{missing}'],
    g: [{ h: '{a}', i: '{missing}' }],
    j: '{no}',
    k: '{list}',
    fixed: 1,
  };
  const request = built({ body }, { a: 7, b: { x: [1] }, no: false, list: ['p', 'q'] });
  expect(JSON.parse(request.body ?? '')).toEqual({
    a: 7,
    b: { x: [1] },
    g: [{ h: 7 }],
    j: false,
    k: ['p', 'q'],
    fixed: 1,
  });
});

test('a body of which nothing was given is an empty object', () => {
  expect(built({ body: { a: '{a}' } }, {}).body).toBe('{}');
});

test('a list goes out once per item where the parameter is one, and with commas elsewhere', () => {
  const request = built(
    { query: { 'ids[]': '{ids}', names: '{ids}', none: '{none}' } },
    { ids: ['a', 'b'], none: [] },
  );
  expect(new URL(request.url).search).toBe('?ids%5B%5D=a&ids%5B%5D=b&names=a%2Cb');
});

test('a GraphQL query is sent as it stands, its braces too', () => {
  const request = built({ graphql: { query: '{ viewer {id} }', variables: { n: '{n}' } } }, { n: 3 });
  expect(JSON.parse(request.body ?? '')).toEqual({ query: '{ viewer {id} }', variables: { n: 3 } });
});

test('a form body is a form', () => {
  const request = built({ form: { a: '{a}', b: 'x' } }, { a: 'ä &' });
  expect(request).toMatchObject({
    body: 'a=%C3%A4+%26&b=x',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
});

test('a slash at the end of a path is kept', () => {
  expect(built({ path: '/campaigns/' }, {}).url).toBe('https://api.acme.example/v1/campaigns/');
});

const shop = connectionFieldSchema.parse({ name: 'shop', label: 'Shop' });
const SHOPS: AddressSource = {
  baseUrl: 'https://{shop}.shops.example/api',
  connectionFields: [shop],
  defaultHeaders: {},
};

test('a connection field can choose its label of the host and nothing else', () => {
  expect(resolveBaseUrl(SHOPS, { shop: 'acme' })).toEqual({
    kind: 'ready',
    url: 'https://acme.shops.example/api',
  });
  fc.assert(
    fc.property(nasty, (value) => {
      const outcome = resolveBaseUrl(SHOPS, { shop: value });
      if (outcome.kind === 'unfit') return;
      const url = new URL(outcome.url);
      expect(url.hostname.endsWith('.shops.example')).toBe(true);
      expect(url.pathname).toBe('/api');
    }),
    { numRuns: 2000 },
  );
});

test('a connection field is no longer than an address can be, so that nothing is busy with it', () => {
  const address = {
    baseUrl: '{url}',
    connectionFields: [{ name: 'url', label: 'Address', kind: 'url' as const }],
  };
  const long = `https://a.example/${'/'.repeat(16_000)}x`;
  expect(resolveBaseUrl(address as never, { url: long })).toMatchObject({
    kind: 'unfit',
    message: 'Address is too long.',
  });
});

test.each([
  '',
  'evil.example/',
  'evil.example#',
  'a@evil.example',
  'a:b',
  'a b',
  '..',
  'a..b',
  'evil.example\\',
])('"%s" is no subdomain', (value) => {
  expect(resolveBaseUrl(SHOPS, { shop: value }).kind).toBe('unfit');
});

const account = connectionFieldSchema.parse({
  name: 'account_url',
  label: 'API URL',
  kind: 'url',
  host_suffixes: ['.api-us1.example', 'api.example'],
});
const ACCOUNTS: AddressSource = {
  baseUrl: '{account_url}/v3',
  connectionFields: [account],
  defaultHeaders: {},
};

test.each([
  ['https://acme.api-us1.example/', 'https://acme.api-us1.example/v3'],
  ['https://api.example', 'https://api.example/v3'],
])('an address of the account is taken: %s', (value, url) => {
  expect(resolveBaseUrl(ACCOUNTS, { account_url: value })).toEqual({ kind: 'ready', url });
});

test.each([
  'http://acme.api-us1.example',
  'https://evil.example',
  'https://evil.example/.api-us1.example',
  'https://acme.api-us1.example@evil.example',
  'https://evilapi.example',
  'https://127.0.0.1',
  'ftp://api.example',
  'https://api.example?x',
])('an address elsewhere is refused: %s', (value) => {
  expect(resolveBaseUrl(ACCOUNTS, { account_url: value }).kind).toBe('unfit');
});

test('what was entered to sign in by takes no place of an input; a connection field stands where it is named', () => {
  const entered = { shop: 'acme', user_name: 'api-user' };
  const parts = { path: '/u/{user_name}', query: { shop: '{shop}', by: '{user_name}' } };
  const { url } = built(parts, { user_name: 'ada' }, SHOPS, entered);
  expect(url).toBe('https://acme.shops.example/api/u/ada?shop=acme&by=ada');
  const optional = { query: { by: '{user_name}' } };
  expect(built(optional, {}, SHOPS, entered).url).toBe('https://acme.shops.example/api/x');
});

test('a value between quotation marks cannot end them, in the way the language of the filter knows', () => {
  const filter = (quotes: string, email: string) =>
    JSON.parse(built({ body: { q: "is '{email}' or {email}" }, quotes }, { email }).body ?? '').q;
  expect(filter('doubled', "o'brien")).toBe("is 'o''brien' or o'brien");
  expect(filter('backslash', "a\\' or 1=1")).toBe("is 'a\\\\\\' or 1=1' or a\\' or 1=1");
  const { url } = built(
    { method: 'GET', query: { $filter: "eq '{email}'" }, quotes: 'doubled' },
    { email: "x' or '1" },
  );
  expect(new URL(url).searchParams.get('$filter')).toBe("eq 'x'' or ''1'");
});

test('nor can it in a path, where a slash of its own is none', () => {
  const { url } = built(
    { method: 'GET', path: "/users('{email}')/mail", quotes: 'doubled' },
    { email: "x')/$batch?('" },
  );
  expect(new URL(url).pathname).toContain("/users('x'')%2F%24batch%3F(''')/mail");
});

test('between double quotation marks it is those that a value cannot end', () => {
  const asked = (template: string, quotes: string | undefined, value: string) =>
    new URL(
      built({ method: 'GET', query: { q: template }, ...(quotes && { quotes }) }, { email: value }).url,
    ).searchParams.get('q');
  expect(asked('"Email":"{email}"', 'backslash', 'a"\\,o\'b')).toBe('"Email":"a\\"\\\\,o\'b"');
  expect(asked('equals(email,"{email}")', 'doubled', 'a",1')).toBe('equals(email,"a"",1")');
  expect(asked('it\'s "{email}"', 'backslash', 'a"b')).toBe('it\'s "a\\"b"');
  expect(asked('"{email}"', undefined, 'a"b')).toBe('"a"b"');
});
