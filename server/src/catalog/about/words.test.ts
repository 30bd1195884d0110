import { expect, test } from 'vitest';
import { actionFacts } from './actions.ts';
import { durationWords, perWords, plainNumber } from './durations.ts';
import { limitWords } from './limits.ts';
import { methodFacts } from './methods.ts';

test('a length of time is said in the largest unit that has no fraction of it', () => {
  expect([1, 90, 1_800, 3_600, 86_400, 7_776_000, 157_680_000].map(durationWords)).toEqual([
    '1 second',
    '90 seconds',
    '30 minutes',
    '1 hour',
    '1 day',
    '90 days',
    '5 years',
  ]);
  expect([1, 10, 60, 3_600, 86_400].map(perWords)).toEqual([
    'a second',
    'in 10 seconds',
    'a minute',
    'an hour',
    'a day',
  ]);
  expect([1_000, 999, 1_234_567, 0.5].map(plainNumber)).toEqual(['1,000', '999', '1,234,567', '0.5']);
});

test('limits are said for everything first, then by the actions they are for, and whoever shares them', () => {
  const windows = [
    { group: 'search', calls: 4, perSeconds: 1 },
    { group: undefined, calls: 100, perSeconds: 10 },
    { group: undefined, calls: 10_000, perSeconds: 86_400 },
  ];
  const actions = [{ label: 'Find contact', rateGroup: 'search' }] as never;
  const limited = {
    name: 'Acme',
    actions,
    rateLimits: { windows, sharedBy: 'account' as const, note: 'More on request.' },
  };
  expect(limitWords(limited)).toEqual([
    'Keyrail makes at most 100 calls in 10 seconds and 10,000 a day.',
    'Find contact: at most 4 calls a second.',
    'Acme counts all that uses the same account, here or elsewhere.',
    'More on request.',
  ]);
  expect(limitWords({ ...limited, rateLimits: undefined })).toEqual([]);
});

test('what a file does not say of renewing and withdrawing is not claimed', () => {
  const method = { type: 'oauth2', requiresHttps: false } as never;
  expect(methodFacts(method, { name: 'Acme' })).toEqual([
    'Where Acme gives a refresh token, access is renewed by itself.',
    'Keyrail cannot tell Acme to withdraw access: after deleting a connection, withdraw it in the account there.',
  ]);
  const full = {
    refresh: 'rotating',
    accessTokenTtlSeconds: 1_800,
    refreshTokenTtlSeconds: 5_184_000,
    revokeUrl: 'x',
  };
  expect(methodFacts({ type: 'oauth2', requiresHttps: true, ...full } as never, { name: 'Acme' })).toEqual([
    'Access lasts 30 minutes at a time and is renewed by itself.',
    'Each renewal replaces the refresh token; the new one is stored before it is used, so that none is lost.',
    'Acme ends access that is not renewed for 60 days; Keyrail renews it before.',
    'Signing in needs an https address of this server: Acme takes no other.',
    'When a connection is disconnected or deleted, Acme is told to withdraw its access.',
  ]);
  const some = { refresh: 'static', refreshTokenForSome: true, accessTokenTtlSeconds: 5_184_000 };
  expect(methodFacts({ type: 'oauth2', ...some } as never, { name: 'Acme' })[0]).toBe(
    'Access lasts 60 days; where Acme gives a refresh token, it is renewed by itself.',
  );
});

test('a header that says the same for everybody is not called the key, and of two keys each is called by its name', () => {
  const first = { in: 'header', name: 'Authorization', value: 'Bearer {api_key}' };
  const method = (send: unknown[], fields: unknown[]) => ({ type: 'api_key', send, fields }) as never;
  const apiKey = { name: 'api_key', label: 'API key' };
  const kind = { in: 'header', name: 'X-Kind', value: 'ACCESS_TOKEN' };
  expect(methodFacts(method([first, kind], [apiKey]), { name: 'Acme' })).toEqual([
    'The key is sent in the header Authorization, after the word Bearer.',
  ]);
  const second = { in: 'header', name: 'X-App', value: '{app_key}' };
  const appKey = { name: 'app_key', label: 'Application key' };
  expect(methodFacts(method([first, second], [apiKey, appKey]), { name: 'Acme' })).toEqual([
    'API key is sent in the header Authorization, after the word Bearer.',
    'Application key is sent in the header X-App.',
  ]);
});

test('a permission that an action needs is said in the words of the sign-in, and by its name where it has none', () => {
  const scopes = [
    { name: 'https://acme.example/auth/sheets', description: 'See and edit your sheets', optional: false },
  ];
  const action = {
    noResult: [],
    scopes: ['https://acme.example/auth/sheets', 'crm.read'],
    repeatable: true,
  } as never;
  expect(actionFacts(action, { name: 'Acme', auth: [{ type: 'oauth2', scopes }] as never })).toEqual([
    'Whoever signs in must allow: See and edit your sheets; crm.read.',
    'Where an answer was lost on the way, Keyrail asks again by itself.',
  ]);
});

test('a user name that is asked for with every method is called as where it is asked for', () => {
  const fields = [{ name: 'token', label: 'Auth token' }];
  const method = { type: 'basic', username: '{account_sid}', password: '{token}', fields } as never;
  const connectionFields = [{ name: 'account_sid', label: 'Account SID' }] as never;
  expect(methodFacts(method, { name: 'Acme', connectionFields })).toEqual([
    'Sent as user name and password (HTTP Basic). User name: [Account SID]; password: [Auth token].',
  ]);
});
