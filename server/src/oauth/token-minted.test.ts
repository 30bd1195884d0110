import { describe, expect, test } from 'vitest';
import { connectionFieldSchema } from '../catalog/definition/field-definition.ts';
import type { TokenEndpoint } from './token-endpoint.ts';
import { exchanging, NOW, refreshing, tokenEndpointUnderTest } from './token-endpoint-under-test.ts';

const { ask, minted, answer } = tokenEndpointUnderTest();

describe('a success', () => {
  const success = { access_token: 'fake-access-0001', refresh_token: 'fake-refresh-0002' };

  test.each<[unknown, number | null]>([
    ['3600', 3600],
    [3600, 3600],
    [3600.5, 3600],
    [0, 0],
    [-1, null],
    [null, null],
    ['abc', null],
    ['', null],
    [[], null],
    [{}, null],
    [true, null],
    [99_999_999_999, 31_536_000],
  ])('with expires_in %j keeps its tokens, and lives %j seconds', async (expires_in, expected) => {
    answer(200, { ...success, expires_in });
    const token = await minted();
    expect(token.expiresInSeconds).toBe(expected);
    expect(token.refreshToken?.reveal()).toBe('fake-refresh-0002');
  });

  test('with an expires_in larger than any number keeps its tokens', async () => {
    answer(200, '{"access_token":"fake-access-0001","refresh_token":"fake-refresh-0002","expires_in":1e400}');
    const token = await minted();
    expect(token.expiresInSeconds).toBeNull();
    expect(token.refreshToken?.reveal()).toBe('fake-refresh-0002');
  });

  test.each([undefined, 'bearer', 'BEARER', 'bot', 'mac', 7, null])(
    'with token_type %j keeps its tokens',
    async (token_type) => {
      answer(200, { ...success, token_type });
      expect((await minted()).refreshToken?.reveal()).toBe('fake-refresh-0002');
    },
  );

  test('without expires_in lives as long as the file says, or unknown', async () => {
    answer(200, success);
    expect((await minted()).expiresInSeconds).toBeNull();
    expect((await minted({ accessTokenTtlSeconds: 1800 })).expiresInSeconds).toBe(1800);
  });

  test('with expires_in 0 that can never be renewed does not end', async () => {
    answer(200, { access_token: 'fake-access-0001', expires_in: 0 });
    expect((await minted({ refresh: 'none' })).expiresInSeconds).toBeNull();
  });

  test.each([
    ['2026-03-01T13:00:00Z', 3600],
    [NOW.getTime() / 1000 + 60, 60],
    ['soon', null],
  ])('may name its end: %j', async (expires_at, expected) => {
    answer(200, { ...success, expires_at });
    expect((await minted()).expiresInSeconds).toBe(expected);
  });

  test.each(['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in'])(
    "may name the refresh token's end as %s",
    async (name) => {
      answer(200, { ...success, [name]: '5184000' });
      expect((await minted()).refreshExpiresInSeconds).toBe(5_184_000);
    },
  );

  const WEEK = 604_800;
  const HALF_YEAR = 15_552_000;
  const ttl = { refreshTokenTtlSeconds: HALF_YEAR };
  test.each<[string, Partial<TokenEndpoint>, number | undefined, boolean, number | null, number | null]>([
    ['sliding: said', {}, WEEK, true, WEEK, null],
    ['sliding: of the file', ttl, undefined, false, HALF_YEAR, null],
    ['fixed: said when signing in', { refreshTokenLifetime: 'fixed' }, WEEK, true, null, WEEK],
    ['fixed: what is left, said later', { refreshTokenLifetime: 'fixed' }, WEEK, false, null, WEEK],
    ['fixed: of the file', { ...ttl, refreshTokenLifetime: 'fixed' }, undefined, true, null, HALF_YEAR],
    ['fixed: not begun anew later', { ...ttl, refreshTokenLifetime: 'fixed' }, undefined, false, null, null],
    ['both', { ...ttl, refreshTokenLifetime: 'fixed_where_said' }, WEEK, true, HALF_YEAR, WEEK],
    [
      'both, nothing said',
      { ...ttl, refreshTokenLifetime: 'fixed_where_said' },
      undefined,
      true,
      HALF_YEAR,
      null,
    ],
    [
      'an absolute limit of years',
      { ...ttl, grantTtlSeconds: 157_680_000 },
      undefined,
      true,
      HALF_YEAR,
      157_680_000,
    ],
    ['which is begun by signing in alone', { grantTtlSeconds: 157_680_000 }, undefined, false, null, null],
  ])(
    'knows what ends by disuse and what ends whatever is done (%s)',
    async (_, endpoint, said, isSignIn, idle, ends) => {
      answer(200, { ...success, ...(said && { refresh_token_expires_in: said }) });
      const token = await minted(endpoint, isSignIn ? exchanging : refreshing);
      expect([token.refreshExpiresInSeconds, token.grantEndsInSeconds]).toEqual([idle, ends]);
    },
  );

  test.each([undefined, null, '', 5, {}])(
    'with refresh_token %j counts as without',
    async (refresh_token) => {
      answer(200, { access_token: 'fake-access-0001', refresh_token });
      expect((await minted()).refreshToken).toBeNull();
    },
  );

  test.each<[Record<string, unknown>, string[] | null]>([
    [{ scope: 'a b' }, ['a', 'b']],
    [{ scope: 'a,b, c' }, ['a', 'b', 'c']],
    [{ scope: ['a', 'b'] }, ['a', 'b']],
    [{ scopes: ['a', 'b a'] }, ['a', 'b']],
    [{ scope: '' }, null],
    [{ scope: null }, null],
    [{}, null],
  ])('says its scopes as %j', async (said, expected) => {
    answer(200, { ...success, ...said });
    expect((await minted()).scopes).toEqual(expected);
  });

  test('keeps no more scopes than anybody grants, nor longer ones', async () => {
    const many = Array.from({ length: 100_000 }, (_, n) => `s${n}`);
    answer(200, { access_token: 'fake-access-0001', scope: ['x'.repeat(10_000), ...many] });
    const scopes = (await minted()).scopes ?? [];
    expect([scopes.length, scopes[0]]).toEqual([1_000, 's0']);
  });

  test.each([
    ['text/plain', JSON.stringify({ access_token: 'fake-access-0001' })],
    ['text/html', JSON.stringify({ access_token: 'fake-access-0001' })],
    ['application/x-www-form-urlencoded', 'access_token=fake-access-0001&scope=a%2Cb&token_type=bearer'],
    ['text/plain', 'access_token=fake-access-0001&token_type=bearer'],
  ])('as %s is read for what it is: %s', async (type, body) => {
    answer(200, body, { 'content-type': type });
    expect((await minted()).accessToken.reveal()).toBe('fake-access-0001');
  });

  test('is read where the file says the tokens stand, and whose they are', async () => {
    answer(200, {
      ok: true,
      access_token: 'fake-bot-token',
      authed_user: { id: 'U1', access_token: 'fake-user-token', scope: 'read,write' },
      team: { id: 'T1', name: 'Acme' },
    });
    const outcome = await ask({
      tokenPath: 'authed_user',
      tokenAccount: { id: 'team.id', name: 'team.name' },
    });
    expect(outcome).toMatchObject({
      kind: 'minted',
      account: { id: 'T1', name: 'Acme' },
      minted: { scopes: ['read', 'write'] },
    });
    if (outcome.kind === 'minted') expect(outcome.minted.accessToken.reveal()).toBe('fake-user-token');
  });

  test('fills connection fields, but none that may not stand in an address', async () => {
    const field = connectionFieldSchema.parse({
      name: 'instance_url',
      label: 'Instance',
      kind: 'url',
      host_suffixes: ['.acme.test'],
      filled_from: { source: 'token_response', path: 'instance_url' },
    });
    const fieldsFor = async (instance_url: unknown) => {
      answer(200, { ...success, instance_url });
      const outcome = await ask({}, refreshing, { connectionFields: [field] });
      return outcome.kind === 'minted' ? outcome.minted.fields : null;
    };
    expect(await fieldsFor('https://one.acme.test')).toEqual({ instance_url: 'https://one.acme.test' });
    for (const evil of [
      'https://acme.test.evil.test',
      'http://one.acme.test',
      'https://169.254.169.254',
      'https://one.acme.test@evil.test',
      'https://one.acme.test?x=',
      7,
      null,
    ]) {
      expect(await fieldsFor(evil), String(evil)).toEqual({});
    }
  });
});

test('no outcome prints a token', async () => {
  answer(200, { access_token: 'fake-access-0001', refresh_token: 'fake-refresh-0002' });
  expect(JSON.stringify(await ask())).not.toMatch(/fake-access|fake-refresh/);
});
