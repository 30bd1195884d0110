import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuthMethod, Placement } from '../catalog/definition/auth-definition.ts';
import { authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import { authenticator } from './apply.ts';

const field = (name: string, secret = true) => ({ name, label: name, secret });
const parsed = (method: unknown): AuthMethod => authMethodSchema.parse(method);
const keyIn = (...send: Placement[]) => parsed({ type: 'api_key', fields: [field('api_key')], send });

/** One of each way a supported method can place a credential. Every one must pass the suite below. */
const methods: [string, AuthMethod][] = [
  ['api_key in a header', keyIn({ in: 'header', name: 'X-API-KEY', value: '{api_key}' })],
  ['api_key with a prefix', keyIn({ in: 'header', name: 'Authorization', value: 'Bearer {api_key}' })],
  ['api_key in the query', keyIn({ in: 'query', name: 'api_key', value: '{api_key}' })],
  ['api_key in the path', keyIn({ in: 'path', name: '', value: 'bot{api_key}' })],
  [
    'api_key in two places',
    keyIn(
      { in: 'header', name: 'x-key', value: '{api_key}' },
      { in: 'query', name: 'key', value: '{api_key}' },
    ),
  ],
  [
    'basic',
    parsed({
      type: 'basic',
      fields: [field('user', false), field('api_key')],
      username: '{user}',
      password: '{api_key}',
    }),
  ],
  [
    'basic with a key as the user',
    parsed({ type: 'basic', fields: [field('api_key')], username: '{api_key}', password: 'X' }),
  ],
];
const SECRET = 'fake-key-good-0001';
const LIKE_A_TEMPLATE = '{user}$&$1{{constructor.constructor}}';
const NOW = new Date('2026-11-21T12:00:00Z');
const fields = new Secret({ user: 'ada', api_key: SECRET });
const request: OutboundRequest = {
  method: 'GET',
  url: 'https://api.example.com/v1/people?q=a%20b&page=2',
  headers: { accept: 'application/json' },
};

describe.each(methods)('%s', (_, method) => {
  const auth = authenticator(method, fields, '/v1');

  it('puts the credential on the request, and twice is as once', async () => {
    const once = await auth.apply(request, NOW);
    expect(JSON.stringify(once)).not.toBe(JSON.stringify(request));
    if (method.type !== 'api_key' || method.send[0]?.in !== 'path')
      expect(await auth.apply(once, NOW)).toEqual(once);
    expect(request.headers).toEqual({ accept: 'application/json' });
  });

  it('names every secret it puts there, so that it can be taken out again', async () => {
    const applied = JSON.stringify(await auth.apply(request, NOW));
    expect(auth.secrets.some((secret) => applied.includes(secret.reveal()))).toBe(true);
    expect(auth.secrets.map((secret) => secret.reveal())).toContain(SECRET);
    expect(inspect(auth, { depth: 9 })).not.toContain(SECRET);
  });

  it('stays at the host, and leaves the rest of the request as it was', async () => {
    const applied = await auth.apply(request, NOW);
    expect(new URL(applied.url).origin).toBe('https://api.example.com');
    expect(applied.url).toContain('q=a%20b&page=2');
    expect(applied.method).toBe('GET');
    expect(applied.headers.accept).toBe('application/json');
  });

  it('has the last word over what the caller sent there, in any case', async () => {
    const guesses = {
      ...request,
      url: `${request.url}&api_key=mine&api%5Fkey=mine&key=mine#frag`,
      headers: {
        'X-Api-Key': 'mine',
        'x-api-key': 'mine',
        AUTHORIZATION: 'mine',
        authorization: 'mine',
        'X-KEY': 'mine',
      },
    };
    const applied = await auth.apply(guesses, NOW);
    for (const placement of method.type === 'api_key'
      ? method.send
      : [{ in: 'header', name: 'Authorization' }]) {
      const found =
        placement.in === 'query'
          ? new URL(applied.url).searchParams.getAll(placement.name)
          : Object.entries(applied.headers).flatMap(([name, value]) =>
              name.toLowerCase() === placement.name.toLowerCase() ? [value] : [],
            );
      if (placement.in !== 'path') expect(found).toHaveLength(1);
      expect(found).not.toContain('mine');
    }
  });

  it('sends a value that looks like a template as it is', async () => {
    const tricky = new Secret({ user: '{api_key}', api_key: LIKE_A_TEMPLATE });
    const applied = await authenticator(method, tricky, '/v1').apply(request, NOW);
    const basic = /^Basic (.+)$/.exec(applied.headers.authorization ?? '')?.[1] ?? '';
    const sent = [
      decodeURIComponent(applied.url),
      ...Object.values(applied.headers),
      Buffer.from(basic, 'base64').toString(),
    ];
    expect(sent.join('\n')).toContain(LIKE_A_TEMPLATE);
  });

  it('never moves the request to another host, whatever the secret is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (value) => {
        const entered = new Secret({ user: 'u', api_key: value.toWellFormed() });
        const applied = await authenticator(method, entered, '/v1').apply(request, NOW);
        return new URL(applied.url).origin === 'https://api.example.com';
      }),
    );
  });
});

it('does not send a header whose field may be left empty and was', async () => {
  const method = parsed({
    type: 'api_key',
    fields: [field('api_key'), { ...field('org', false), required: false }],
    send: [
      { in: 'header', name: 'X-API-KEY', value: '{api_key}' },
      { in: 'header', name: 'X-Org', value: 'org-{org}' },
    ],
  });
  const sent = async (entered: Record<string, string>) =>
    (await authenticator(method, new Secret(entered), '/v1').apply(request, NOW)).headers;
  expect(await sent({ api_key: SECRET })).toEqual({ accept: 'application/json', 'x-api-key': SECRET });
  expect(await sent({ api_key: SECRET, org: '' })).not.toHaveProperty('x-org');
  expect(await sent({ api_key: SECRET, org: '7' })).toHaveProperty('x-org', 'org-7');
});

describe('a credential in its exact form', () => {
  const applied = async (name: string) => {
    const method = methods.find(([known]) => known === name)?.[1];
    if (!method) throw new Error(name);
    return await authenticator(method, fields, '/v1').apply(request, NOW);
  };
  it('is a header, a prefixed header, a parameter, a path segment, or Basic', async () => {
    expect((await applied('api_key in a header')).headers['x-api-key']).toBe(SECRET);
    expect((await applied('api_key with a prefix')).headers.authorization).toBe(`Bearer ${SECRET}`);
    expect((await applied('api_key in the query')).url).toBe(`${request.url}&api_key=${SECRET}`);
    expect((await applied('api_key in the path')).url).toBe(
      `https://api.example.com/v1/bot${SECRET}/people?q=a%20b&page=2`,
    );
    expect((await applied('basic')).headers.authorization).toBe(`Basic ${btoa(`ada:${SECRET}`)}`);
    expect((await applied('basic with a key as the user')).headers.authorization).toBe(
      `Basic ${btoa(`${SECRET}:X`)}`,
    );
  });
});

describe('a key in the body', () => {
  const auth = authenticator(keyIn({ in: 'body', name: 'key', value: '{api_key}' }), fields, '/v1');
  const sent = async (given: Partial<OutboundRequest>) =>
    await auth.apply({ ...request, method: 'POST', ...given }, NOW);

  it('is a member of the JSON object or form that is sent, whatever the caller wrote there', async () => {
    const json = { 'content-type': 'application/json' };
    const object = await sent({ headers: json, body: Buffer.from('{"email":"a@b.example","key":"mine"}') });
    expect(JSON.parse(String(object.body))).toEqual({ email: 'a@b.example', key: SECRET });
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    expect((await sent({ headers: form, body: 'a=1&key=mine&key=more' })).body).toBe(`a=1&key=${SECRET}`);
    const none = await sent({});
    expect([none.body, none.headers['content-type']]).toEqual([`{"key":"${SECRET}"}`, 'application/json']);
    expect(none.url).toBe(request.url);
  });

  it('leaves the rest as it is written, and has the last word where readers do not look at case', async () => {
    const written = ' {"id": 12345678901234567890, "list":[ ] } \n';
    expect((await sent({ body: written })).body).toBe(
      `{"id": 12345678901234567890, "list":[ ] ,"key":"${SECRET}"}`,
    );
    for (const body of [
      '{"KEY":"mine","a":1}',
      '{"a":1,"\\u006bey":"mine","kEy":"mine"}',
      '{"key":1,"key":2,"a":1}',
    ])
      expect((await sent({ body })).body).toBe(`{"a":1,"key":"${SECRET}"}`);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await sent({ headers: form, body: 'KEY=mine&a=1&%6bey=mine' })).body).toBe(`a=1&key=${SECRET}`);
  });

  it('is left out where there is no place for it: of a GET, a list, and what is no JSON', async () => {
    for (const given of [{ method: 'GET' }, { body: '[1]' }, { body: 'plain' }]) {
      const applied = await sent(given);
      expect(applied).toEqual({ ...request, method: 'POST', ...given });
    }
    expect(auth.signsBody).toBe(true);
  });
});
