import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { find, finder } from '../../test/finder.ts';
import { definitionSchema } from '../catalog/definition.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import { httpServer, type TestServer, testOutbound } from '../outbound/under-test.ts';
import { execute } from './execute.ts';
import type { ActionOutcome, PollState } from './outcome.ts';
import { findAction, prepareAction } from './prepare.ts';

const KEY = 'fake-key-good-0001';
let upstream: TestServer;
let outbound: ReturnType<typeof testOutbound>;
afterEach(async () => {
  await outbound.close();
  await upstream.close();
});

let now = new Date('2026-03-01T12:00:00Z');
const clock: Clock = { now: () => now, sleep: async () => {} };

interface Asked {
  answer: (response: ServerResponse, path: string) => void;
  action?: Record<string, unknown>;
  definition?: Record<string, unknown>;
  inputs?: Record<string, unknown>;
  credential?: CredentialSource;
}

/** A provider that answers so, and one action of it; `again` runs it once more with what was stored. */
async function ask(
  asked: Asked,
): Promise<{ outcome: ActionOutcome; again: (poll: PollState) => Promise<ActionOutcome> }> {
  upstream = await httpServer((request, response) => asked.answer(response, request.url ?? ''));
  outbound = testOutbound({ allow: [`127.0.0.1:${upstream.port}`] });
  const definition = definitionSchema.parse({
    ...finder(upstream.origin, [
      {
        ...find,
        label: 'Find email',
        inputs: [
          { name: 'name', label: 'Name', type: 'text', required: true },
          { name: 'limit', label: 'Limit', type: 'integer' },
        ],
        outputs: [
          { name: 'email', label: 'Email', type: 'email', path: 'email', primary: true },
          { name: 'score', label: 'Score', type: 'integer', path: 'score' },
        ],
        no_result: [{ body: { path: 'email', empty: true } }],
        cost: { credits: 2 },
        ...asked.action,
      },
    ]),
    ...asked.definition,
  });
  const credential = asked.credential ?? source;
  const found = findAction({ get: () => definition }, 'finder', 'find');
  if (found.kind !== 'found') throw new Error(found.message);
  const prepared = prepareAction({ connections: { credentialSource: () => credential } }, 'wsp_1', found, {
    kind: 'usable',
    connection,
  });
  if (typeof prepared === 'string') throw new Error(prepared);
  const call = (poll: PollState | null) =>
    execute(
      { outbound, clock },
      {
        prepared,
        inputs: asked.inputs ?? { name: 'Ada' },
        poll,
        consumer: 'test',
        patienceMs: 200,
        signal: new AbortController().signal,
      },
    );
  return { outcome: await call(null), again: call };
}

const source = literalCredential({
  version: 1,
  apply: (request) => ({ ...request, headers: { ...request.headers, 'x-api-key': KEY } }),
  secrets: [new Secret(KEY)],
});
const connection = {
  id: 'con_00000000000000000000000001' as never,
  workspaceId: 'wsp_1' as never,
  integration: 'finder',
  name: 'Finder',
  method: 'api_key' as const,
  fields: {},
  accountId: null,
  status: 'connected' as const,
  creditsLeft: null,
};

// biome-ignore lint/suspicious/noThenProperty: a word of the file format; nobody awaits a rule.
const rule = (when: object, outcome: string) => ({ when, then: outcome });

const send =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

test('an answer becomes outputs, with the request made and the raw answer, and no key in any of it', async () => {
  const { outcome } = await ask({ answer: send(200, { email: 'ada@example.com', score: '97', echo: KEY }) });
  expect(outcome).toMatchObject({
    kind: 'done',
    primary: 'ada@example.com',
    outputs: { email: 'ada@example.com', score: 97 },
    credits: 2,
    trace: { status: 200, request: { method: 'GET', path: '/find' }, connectionId: connection.id },
  });
  expect(JSON.stringify(outcome)).not.toContain(KEY);
});

test('an answer nested deeper than anything can write out again is an error of its cell alone', async () => {
  const { outcome } = await ask({
    answer: send(200, `{"email":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
  });
  expect(outcome).toMatchObject({ kind: 'error', message: expect.stringContaining('Finder') });
});

test.each(['application/json; charset=utf-16le', 'application/json'])(
  'an answer in UTF-16 sent as %s is read, and the key in it is found',
  async (contentType) => {
    const body = Buffer.from(JSON.stringify({ email: 'ada@example.com', echo: KEY }), 'utf16le');
    const { outcome } = await ask({
      answer: (response) => void response.writeHead(200, { 'content-type': contentType }).end(body),
    });
    expect(outcome).toMatchObject({ kind: 'done', primary: 'ada@example.com' });
    expect(JSON.stringify(outcome)).not.toContain(KEY);
  },
);

test('a key that the answer spells with an escape here and there is in no output', async () => {
  const letters = [...KEY].map((letter, at) =>
    at % 2 ? `\\u00${letter.charCodeAt(0).toString(16)}` : letter,
  );
  const { outcome } = await ask({ answer: send(200, `{"email":"${letters.join('')}"}`) });
  expect(outcome.kind).toBe('done');
  expect(JSON.stringify(outcome)).not.toContain(KEY);
});

test('a blank input is skipped and one of the wrong kind an error; neither is sent', async () => {
  const blank = await ask({ answer: send(200, {}), inputs: { name: '  ' } });
  expect(blank.outcome).toEqual({ kind: 'skipped', message: 'Missing: Name.' });
  await outbound.close();
  await upstream.close();
  const wrong = await ask({ answer: send(200, {}), inputs: { name: 'Ada', limit: 'many' } });
  expect(wrong.outcome).toMatchObject({ kind: 'error', message: 'Limit must be a number.' });
  expect(upstream.requests).toEqual([]);
});

test.each([
  ['nothing found', 200, { email: null }, { kind: 'no_result', message: 'Finder found nothing.' }],
  ['a refused key', 401, { message: 'bad key' }, { kind: 'connection_broken', providerMessage: 'bad key' }],
  ['no credits', 402, {}, { kind: 'out_of_credits', message: 'Out of credits at Finder.' }],
  [
    'a permission',
    403,
    {},
    { kind: 'error', message: 'Finder does not allow "Find email" with this connection.' },
  ],
  ['bad inputs', 422, { message: 'odd' }, { kind: 'error', providerMessage: 'odd' }],
  ['a server error', 500, {}, { kind: 'error', message: 'Finder failed (HTTP 500).' }],
  [
    'a page of HTML',
    200,
    '<html>hi</html>',
    { kind: 'error', message: 'Finder answered with something unreadable.' },
  ],
  ['a redirect', 302, '', { kind: 'error' }],
])('%s is told apart and said in words', async (_what, status, body, expected) => {
  const headers: Record<string, string> = status === 302 ? { location: 'https://elsewhere.example/' } : {};
  const { outcome } = await ask({ answer: send(status, body, headers) });
  expect(outcome).toMatchObject(expected);
});

test.each([
  ['nothing', 204, ''],
  ['a word', 202, 'Accepted'],
])('an action that is answered with %s, where the file allows it, was done', async (_what, status, body) => {
  const { outcome } = await ask({
    answer: send(status, body),
    action: {
      request: { method: 'POST', path: '/find', body: { name: '{name}' }, expect: 'any' },
      no_result: [],
    },
  });
  expect(outcome).toMatchObject({ kind: 'done', primary: true, outputs: { email: null, score: null } });
});

test('an error inside HTTP 200 is one where the file says so', async () => {
  const { outcome } = await ask({
    answer: send(200, { ok: false, message: 'quota used up' }),
    definition: { answers: [rule({ body: { path: 'ok', equals: false } }, 'out_of_credits')] },
  });
  expect(outcome).toMatchObject({ kind: 'out_of_credits', providerMessage: 'quota used up' });
});

test('a throttled call is for later, with the time the provider asks for', async () => {
  const { outcome } = await ask({ answer: send(429, {}, { 'retry-after': '30' }) });
  expect(outcome).toMatchObject({ kind: 'later', afterSeconds: 30 });
});

test('a call that broke off and must not be repeated is unknown, and is sent once', async () => {
  const { outcome } = await ask({
    answer: (response) => void response.socket?.destroy(),
    action: { request: { method: 'POST', path: '/find', query: { name: '{name}' } }, repeatable: false },
  });
  expect(outcome).toMatchObject({ kind: 'unknown', nextStep: 'Look at Finder, or run the cell again.' });
  expect(upstream.requests.length).toBe(1);
});

test('without a credential nothing is sent', async () => {
  const { outcome } = await ask({
    answer: send(200, {}),
    credential: {
      current: async () => ({ kind: 'unavailable', because: 'missing' }),
      refused: async () => null,
    },
  });
  expect(outcome).toMatchObject({ kind: 'connection_missing', message: 'There is no connection to Finder.' });
  expect(upstream.requests).toEqual([]);
});

test('"ask again" sends the same request again until it is answered, or the time is over', async () => {
  const pending = {
    answers: [rule({ status: 202 }, 'pending')],
    ask_again: { every_seconds: 3, give_up_seconds: 60 },
  };
  let isReady = false;
  const answer = (response: ServerResponse) =>
    isReady ? send(200, { email: 'ada@example.com' })(response) : send(202, {})(response);
  const { outcome, again } = await ask({ answer, action: pending });
  expect(outcome).toMatchObject({ kind: 'pending', afterSeconds: 3, poll: { kind: 'ask_again' } });
  const { poll } = outcome as Extract<ActionOutcome, { kind: 'pending' }>;
  expect(await again(poll)).toMatchObject({ kind: 'pending', poll: { giveUpAt: poll.giveUpAt } });
  isReady = true;
  expect(await again(poll)).toMatchObject({ kind: 'done', primary: 'ada@example.com' });
  isReady = false;
  expect(await again({ ...poll, giveUpAt: now.getTime() })).toMatchObject({ kind: 'error' });
});

const job = {
  request: { method: 'POST', path: '/jobs', body: { name: '{name}' } },
  repeatable: false,
  poll: {
    id: 'id',
    request: { method: 'GET', path: '/jobs/{job_id}' },
    done: { body: { path: 'status', equals: 'done' } },
    running: { body: { path: 'status', equals: 'busy' } },
    first_wait_seconds: 2,
    every_seconds: 5,
    give_up_seconds: 600,
  },
};

test('a job is submitted once, then asked for by its id, also over failures in between', async () => {
  let polled: (response: ServerResponse) => void = send(200, { status: 'busy' });
  const { outcome, again } = await ask({
    answer: (response, path) => (path === '/jobs' ? send(200, { id: 77 })(response) : polled(response)),
    action: job,
  });
  expect(outcome).toMatchObject({ kind: 'pending', afterSeconds: 2, poll: { kind: 'job', jobId: '77' } });
  const { poll } = outcome as Extract<ActionOutcome, { kind: 'pending' }>;
  expect(await again(poll)).toMatchObject({ kind: 'pending', afterSeconds: 5 });
  polled = send(500, {});
  expect(await again(poll)).toMatchObject({ kind: 'pending' });
  polled = (response) => void response.socket?.destroy();
  expect(await again(poll)).toMatchObject({ kind: 'pending' });
  polled = send(200, { status: 'done', email: 'ada@example.com' });
  expect(await again(poll)).toMatchObject({ kind: 'done', primary: 'ada@example.com' });
  expect(upstream.requests.filter((line) => line.startsWith('POST'))).toEqual(['POST /jobs']);
});

test('a job that is not done in its time is unknown: it may still finish', async () => {
  const { outcome, again } = await ask({
    answer: (response, path) => send(200, path === '/jobs' ? { id: 77 } : { status: 'busy' })(response),
    action: job,
  });
  const { poll } = outcome as Extract<ActionOutcome, { kind: 'pending' }>;
  now = new Date(now.getTime() + 600_000);
  expect(await again(poll)).toMatchObject({ kind: 'unknown' });
});

test('a job whose provider only says to slow down is given up too, after a last question, and what running it again does is said', async () => {
  const throttled = send(429, {}, { 'retry-after': '3600' });
  const { outcome, again } = await ask({
    answer: (response, path) => (path === '/jobs' ? send(200, { id: 77 }) : throttled)(response),
    action: job,
  });
  const { poll } = outcome as Extract<ActionOutcome, { kind: 'pending' }>;
  expect(await again(poll)).toMatchObject({ kind: 'pending', poll, afterSeconds: 3600 });
  // Until the wait is over nothing is asked, which is no reason to give up.
  now = new Date(now.getTime() + 1_800_000);
  expect(await again(poll)).toMatchObject({ kind: 'pending', poll });
  now = new Date(now.getTime() + 1_800_001);
  await outbound.close();
  outbound = testOutbound({ allow: [`127.0.0.1:${upstream.port}`] });
  expect(await again(poll)).toMatchObject({
    kind: 'unknown',
    message: 'Finder asked to slow down until the time for this job was over.',
    nextStep: expect.stringMatching(
      /^"Run again" asks Finder for this same job once more and starts no new one/,
    ),
  });
  expect(upstream.requests).toEqual(['POST /jobs', 'GET /jobs/77', 'GET /jobs/77']);
});

test('a row that changed meanwhile does not take the answer of its old job', async () => {
  const { outcome, again } = await ask({
    answer: (response, path) =>
      send(200, path === '/jobs' ? { id: 77 } : { status: 'done', email: 'old@example.com' })(response),
    action: job,
  });
  const { poll } = outcome as Extract<ActionOutcome, { kind: 'pending' }>;
  expect(await again({ ...poll, inputs: 'of another row' })).toMatchObject({ kind: 'pending' });
  expect(upstream.requests).toEqual(['POST /jobs', 'POST /jobs']);
});
