import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { AppError } from '../lib/app-error.ts';
import type { Who } from '../workspaces/who.ts';
import {
  account,
  bomb,
  definitionAt,
  json,
  openRoom,
  type Provider,
  type Room,
  standingClock,
  startProvider,
  trace,
} from './under-test.ts';

let database: TestDatabase;
let provider: Provider;
let room: Room;
let who: Who;
const clock = standingClock();

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startProvider();
  const base = `http://127.0.0.1:${provider.port}`;
  room = openRoom({
    database,
    definitions: [
      definitionAt(base),
      definitionAt(base, { slug: 'blind', name: 'Blind', probe: undefined }),
      definitionAt('http://127.0.0.1:1', { slug: 'gone', name: 'Gone' }),
      definitionAt('http://10.0.0.5', { slug: 'inside', name: 'Inside' }),
      definitionAt('http://10.0.0.5', { slug: 'inside-blind', name: 'Inside', probe: undefined }),
    ],
    ports: [provider.port, 1],
    clock,
    settings: { checkTimeoutMs: 15_000 },
    limits: { headersTimeoutMs: 400 },
  });
  who = await room.owner();
});
afterAll(async () => {
  await room.close();
  await provider.close();
  await database.close();
});

interface Case {
  name: string;
  method: 'api_key' | 'basic';
  behaviour: Parameters<Provider['on']>[1] | null;
  integration?: string;
}

let count = 0;
/** Credentials nobody had before, and the text the provider sees of them. */
function fresh(method: Case['method']): {
  credentials: Record<string, string>;
  seen: string;
  secret: string;
} {
  count += 1;
  const secret = `fake-secret-${String(count).padStart(8, '0')}`;
  return method === 'api_key'
    ? { credentials: { api_key: secret }, seen: secret, secret }
    : { credentials: { user: 'jane', password: secret }, seen: `jane:${secret}`, secret };
}

async function attempt(
  { method, behaviour, integration = 'acme' }: Omit<Case, 'name'>,
  saveUnverified = false,
) {
  const { credentials, seen, secret } = fresh(method);
  if (behaviour !== null) provider.on(seen, behaviour);
  const input = { integration, name: undefined, method, credentials, saveUnverified, makeDefault: false };
  const before = await trace(database, who);
  try {
    const made = await room.connections.connect(who, input);
    expect(JSON.stringify(made)).not.toContain(secret);
    return { kind: 'saved' as const, ...made, secret };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(await trace(database, who)).toBe(before);
    expect(JSON.stringify([error.detail, error.extra, error.fields])).not.toContain(secret);
    return { kind: 'refused' as const, error, verdict: error.extra?.verdict as Record<string, unknown> };
  }
}

const slow: Case['behaviour'] = () => {};
const hangUp: Case['behaviour'] = (response) => response.destroy();
const html: Case['behaviour'] = (response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><html><body>Welcome</body></html>');
};

const methods = ['api_key', 'basic'] as const;

describe.each(methods)('a credential of the method %s', (method) => {
  it('that works is saved as connected, with the account in words', async () => {
    const outcome = await attempt({ method, behaviour: account('acc_1', 'jane@acme.example') });
    expect(outcome).toMatchObject({
      kind: 'saved',
      connection: {
        status: 'connected',
        statusReason: null,
        account: { name: 'jane@acme.example', plan: 'Starter', credits_left: '412 credits' },
      },
      verdict: {
        kind: 'ok',
        message: 'Connected as jane@acme.example · Starter plan · 412 credits left',
        next_step: null,
        provider_status: 200,
        request: { method: 'GET', host: `127.0.0.1:${provider.port}`, path: '/me' },
      },
    });
  });

  it.each([
    ['rejected', 'a wrong one', null, /did not accept/, /from Settings > API keys|Check them/],
    ['rejected', 'one refused inside a 200', json(200, { error: 'bad key' }), /did not accept/, /again/],
    ['expired', 'an expired one', json(401, { code: 'expired' }), /no longer valid/, /^(Make a|Get) new/],
    [
      'expired',
      'a withdrawn one',
      json(401, { code: 'revoked' }),
      /Access was withdrawn at Acme/,
      /^(Make a|Get) new/,
    ],
    [
      'wrong_account',
      'one of an account that is not there',
      json(404, {}),
      /does not know an account/,
      /Check/,
    ],
  ] as const)('that is %s (%s) leaves nothing behind', async (kind, _what, behaviour, message, nextStep) => {
    const outcome = await attempt({ method, behaviour });
    expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'credential_rejected', reason: kind } });
    expect(outcome.verdict).toMatchObject({
      kind,
      message: expect.stringMatching(message),
      next_step: expect.stringMatching(nextStep),
    });
    expect(await attempt({ method, behaviour }, true)).toMatchObject({ kind: 'refused' });
  });

  it.each([
    [
      'missing_permission',
      'limited',
      json(403, { needs: 'contacts.read' }),
      /Connected; some actions not allowed/,
    ],
    ['out_of_credits', 'out_of_credits', json(402, { message: 'No credits left' }), /Out of credits at Acme/],
  ] as const)('with the verdict %s is saved as %s, and said', async (kind, status, behaviour, message) => {
    const outcome = await attempt({ method, behaviour });
    expect(outcome).toMatchObject({
      kind: 'saved',
      connection: { status, statusReason: expect.stringMatching(message) },
      verdict: { kind, message: expect.stringMatching(message) },
    });
  });

  it.each([
    ['rate_limited', 'throttles', json(429, {}, { 'retry-after': '20' })],
    ['unreachable', 'does not answer', slow],
    ['unreachable', 'hangs up', hangUp],
    ['provider_error', 'is down', json(503, { message: 'Maintenance' })],
    ['provider_error', 'answers with a web page', html],
    ['provider_error', 'answers with 200 MB', bomb],
    ['provider_error', 'sends the key elsewhere', json(302, {}, { location: 'https://evil.example/' })],
    ['provider_error', 'answers with nonsense', json(418, { message: 'teapot' })],
  ] as const)('is not saved while %s (the provider %s), unless asked for', async (kind, _what, behaviour) => {
    const refused = await attempt({ method, behaviour });
    expect(refused.kind).toBe('refused');
    expect(refused.verdict).toMatchObject({
      kind,
      next_step: expect.stringMatching(/save it anyway and check later/),
    });
    const saved = await attempt({ method, behaviour }, true);
    expect(saved).toMatchObject({
      kind: 'saved',
      connection: { status: 'unverified', checksMissed: 1 },
      verdict: { kind },
    });
    if (saved.kind !== 'saved') return;
    const next = saved.connection.nextCheckAt?.getTime() ?? 0;
    expect(next - clock.now().getTime()).toBeLessThan(120_000);
  });

  it('of a tool without a check is saved as unverified, and said plainly', async () => {
    const outcome = await attempt({ method, behaviour: null, integration: 'blind' });
    expect(outcome).toMatchObject({
      kind: 'saved',
      connection: { status: 'unverified', nextCheckAt: null },
      verdict: { kind: 'unverifiable', message: expect.stringMatching(/^Blind offers no way to check/) },
    });
  });
});

describe('a check', () => {
  it('ends at its time limit, however long the provider takes', async () => {
    const base = `http://127.0.0.1:${provider.port}`;
    const definitions = [definitionAt(base)];
    const hasty = openRoom({
      database,
      definitions,
      ports: [provider.port],
      clock,
      settings: { checkTimeoutMs: 200 },
    });
    const credentials = { api_key: 'fake-secret-slow-01' };
    provider.on(credentials.api_key, slow);
    const input = {
      integration: 'acme',
      name: undefined,
      method: undefined,
      saveUnverified: false,
      makeDefault: false,
    };
    await expect(hasty.connections.connect(who, { ...input, credentials })).rejects.toMatchObject({
      extra: {
        verdict: { kind: 'unreachable', message: 'Acme could not be reached (it did not answer in time).' },
      },
    });
    await hasty.close();
  });

  it('names a provider that takes no connections unreachable', async () => {
    const outcome = await attempt({ method: 'api_key', behaviour: null, integration: 'gone' });
    expect(outcome.verdict).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('Gone could not'),
    });
  });

  it.each(['inside', 'inside-blind'])(
    'never calls a private address (%s), and nothing is saved',
    async (integration) => {
      const outcome = await attempt({ method: 'api_key', behaviour: null, integration }, true);
      expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'egress_denied', reason: 'address' } });
    },
  );

  it("hands on the provider's own words without the secret they repeat", async () => {
    for (const method of methods) {
      const outcome = await attempt({ method, behaviour: null });
      expect(outcome.verdict).toMatchObject({
        provider_message: expect.stringMatching(/No user with the key .*\[secret\]/),
      });
      expect(String(outcome.verdict?.provider_message)).not.toMatch(/fake-secret|Basic [A-Za-z0-9]/);
    }
  });

  it("points out a key that has another service's form", async () => {
    const input = {
      integration: 'acme',
      name: undefined,
      method: undefined,
      saveUnverified: false,
      makeDefault: false,
    };
    const credentials = { api_key: 'xoxb-0000000000-0001' };
    const failed = await room.connections
      .connect(who, { ...input, credentials })
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({
      extra: {
        verdict: {
          message:
            "Acme did not accept this key: it has the form of another service's key (Slack bot token).",
        },
      },
    });
  });

  it('writes no secret into the log, whatever comes back', () => {
    expect(JSON.stringify(room.logged)).not.toMatch(/fake-secret|fake-key/);
    expect(provider.seen.length).toBeGreaterThan(20);
  });
});
