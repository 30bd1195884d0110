import { describe, expect, test } from 'vitest';
import { grantedScopes } from './granted-scopes.ts';
import { providerUnderTest, signInOf } from './provider-under-test.ts';
import { REFRESH } from './token-endpoint-under-test.ts';

/* What providers are documented to give out, and how they are asked, with the catalog's own files; more in odd-answers. */

const { askAt, answer, sent, sentForm } = providerUnderTest();
const A = 'fake-access-0001';
const R = 'fake-refresh-0002';

interface Kept {
  /** Null: it does not say, and the file neither. */
  lives: number | null;
  /** Null: none came, so the one there is stays. */
  refresh: string | null;
  refreshLives?: number | null;
  /** So long the sign-in as a whole lasts, whatever is done. */
  ends?: number;
  scopes?: string[] | null;
}

describe('tokens', () => {
  test.each<[slug: string, body: unknown, kept: Kept]>([
    // New ones with each refresh.
    [
      'airtable',
      {
        access_token: A,
        refresh_token: R,
        token_type: 'Bearer',
        scope: 'data.records:read user.email:read',
        expires_in: 3600,
        refresh_expires_in: 5_184_000,
      },
      { lives: 3600, refresh: R, refreshLives: 5_184_000, scopes: ['data.records:read', 'user.email:read'] },
    ],
    [
      'box',
      { access_token: A, expires_in: 4169, restricted_to: [], refresh_token: R, token_type: 'bearer' },
      { lives: 4169, refresh: R, refreshLives: 5_184_000 },
    ],
    [
      'calendly',
      {
        token_type: 'Bearer',
        expires_in: 7200,
        created_at: 1_772_366_400,
        refresh_token: R,
        access_token: A,
      },
      { lives: 7200, refresh: R },
    ],
    [
      'gitlab',
      {
        access_token: A,
        token_type: 'Bearer',
        expires_in: 7200,
        refresh_token: R,
        scope: 'read_user api',
        created_at: 1_772_366_400,
      },
      { lives: 7200, refresh: R, scopes: ['read_user', 'api'] },
    ],
    [
      'jira',
      {
        access_token: A,
        expires_in: 3600,
        token_type: 'Bearer',
        refresh_token: R,
        scope: 'offline_access read:jira-work',
      },
      { lives: 3600, refresh: R },
    ],
    [
      'linear',
      { access_token: A, token_type: 'Bearer', expires_in: 86_399, scope: 'read write', refresh_token: R },
      { lives: 86_399, refresh: R, scopes: ['read', 'write'] },
    ],
    // OAuth applications of before December 2023.
    [
      'linear',
      {
        access_token: A,
        token_type: 'Bearer',
        expires_in: 86_399,
        scope: ['read', 'write'],
        refresh_token: R,
      },
      { lives: 86_399, refresh: R, scopes: ['read', 'write'] },
    ],
    // Those of ten years are gone, but one that was given still is no longer than a year here.
    [
      'linear',
      { access_token: A, token_type: 'Bearer', expires_in: 315_705_599, scope: 'read write' },
      { lives: 31_536_000, refresh: null },
    ],
    // The same one for good, which mostly is not sent again; where one comes it is kept.
    [
      'asana',
      {
        access_token: A,
        token_type: 'bearer',
        expires_in: 3600,
        data: { id: 1, gid: '1', name: 'Anna', email: 'anna@acme.example' },
      },
      { lives: 3600, refresh: null },
    ],
    [
      'asana',
      { access_token: A, token_type: 'bearer', expires_in: 3600, refresh_token: R },
      { lives: 3600, refresh: R },
    ],
    [
      'dropbox',
      { access_token: A, token_type: 'bearer', expires_in: 14_400 },
      { lives: 14_400, refresh: null },
    ],
    [
      'google-sheets',
      { access_token: A, expires_in: 3599, scope: 'openid email', token_type: 'Bearer' },
      { lives: 3599, refresh: null, scopes: ['openid', 'email'] },
    ],
    // While the app is in Testing.
    [
      'google-sheets',
      {
        access_token: A,
        expires_in: 3599,
        token_type: 'Bearer',
        refresh_token: R,
        refresh_token_expires_in: 604_799,
      },
      { lives: 3599, refresh: R, ends: 604_799 },
    ],
    [
      'hubspot',
      {
        token_type: 'bearer',
        refresh_token: R,
        access_token: A,
        expires_in: 1800,
        scopes: ['oauth', 'crm.objects.contacts.read'],
        hub_id: 7,
      },
      { lives: 1800, refresh: R, scopes: ['oauth', 'crm.objects.contacts.read'] },
    ],
    // No end at all, and no refresh token.
    [
      'github',
      { access_token: A, scope: 'repo,read:user', token_type: 'bearer' },
      { lives: null, refresh: null, scopes: ['repo', 'read:user'] },
    ],
    [
      'github',
      `access_token=${A}&scope=repo%2Cuser&token_type=bearer`,
      { lives: null, refresh: null, scopes: ['repo', 'user', 'read:user', 'user:email'] },
    ],
    ['intercom', { token: A, access_token: A, token_type: 'Bearer' }, { lives: null, refresh: null }],
    // A GitHub App's, whose permissions are not scopes.
    [
      'github',
      {
        access_token: A,
        expires_in: 28_800,
        refresh_token: R,
        refresh_token_expires_in: 15_897_600,
        scope: '',
        token_type: 'bearer',
      },
      { lives: 28_800, refresh: R, refreshLives: 15_897_600, scopes: null },
    ],
    [
      'github',
      `access_token=${A}&expires_in=28800&refresh_token=${R}&refresh_token_expires_in=15897600&scope=&token_type=bearer`,
      { lives: 28_800, refresh: R, refreshLives: 15_897_600, scopes: null },
    ],
    // Asked for with spaces, granted with commas; most apps get no refresh token.
    [
      'linkedin',
      { access_token: A, expires_in: 5_184_000, scope: 'openid,profile,w_member_social' },
      { lives: 5_184_000, refresh: null, scopes: ['openid', 'profile', 'w_member_social'] },
    ],
    [
      'linkedin',
      {
        access_token: A,
        expires_in: 5_184_000,
        refresh_token: R,
        refresh_token_expires_in: 31_535_900,
        scope: 'openid',
      },
      { lives: 5_184_000, refresh: R, ends: 31_535_900 },
    ],
  ])('of %s, out of %j', async (slug, body, kept) => {
    answer(200, body);
    const outcome = await askAt(slug);
    if (outcome.kind !== 'minted') throw new Error(JSON.stringify(outcome));
    const { minted } = outcome;
    expect(minted.accessToken.reveal()).toBe(A);
    expect(minted.expiresInSeconds).toBe(kept.lives);
    expect(minted.refreshToken?.reveal() ?? null).toBe(kept.refresh);
    if (kept.ends !== undefined) expect(minted.grantEndsInSeconds).toBe(kept.ends);
    if (kept.refreshLives !== undefined) expect(minted.refreshExpiresInSeconds).toBe(kept.refreshLives);
    const scopes = grantedScopes(signInOf(slug).method, minted.scopes);
    if (kept.scopes !== undefined) expect(scopes).toEqual(kept.scopes);
  });

  test.each<[slug: string, kind: string, graceSeconds: number | undefined]>([
    ['airtable', 'rotating', undefined],
    ['asana', 'static', undefined],
    ['box', 'rotating', undefined],
    ['calendly', 'rotating', undefined],
    ['dropbox', 'static', undefined],
    ['github', 'rotating', undefined],
    ['gitlab', 'rotating', undefined],
    ['google-sheets', 'static', undefined],
    ['hubspot', 'static', undefined],
    ['intercom', 'none', undefined],
    ['jira', 'rotating', 600],
    ['linear', 'rotating', undefined],
    ['linkedin', 'static', undefined],
  ])('of %s are renewed as they are documented to be: %s', (slug, kind, grace) => {
    const { method } = signInOf(slug);
    expect([method.refresh, method.refreshGraceSeconds]).toEqual([kind, grace]);
  });

  test('of LinkedIn are not kept alive by use: the year counts from the sign-in', () => {
    expect(signInOf('linkedin').method.refreshTokenLifetime).toBe('fixed');
  });
});

describe('a request', () => {
  test('to GitHub asks for JSON', async () => {
    await askAt('github');
    expect(sent().headers.accept).toBe('application/json');
  });

  test('to Jira is JSON', async () => {
    await askAt('jira');
    expect(JSON.parse(sent().body)).toMatchObject({ grant_type: 'refresh_token', refresh_token: REFRESH });
  });

  test.each(['airtable', 'calendly'])('to %s shows the secret in the header alone', async (slug) => {
    await askAt(slug);
    expect(sent().headers.authorization).toMatch(/^Basic /);
    expect(sentForm()).not.toHaveProperty('client_secret');
  });

  test.each<[slug: string, what: Record<string, string>]>([
    ['dropbox', { token_access_type: 'offline' }],
    ['google-sheets', { access_type: 'offline', prompt: 'consent' }],
    ['jira', { audience: 'api.atlassian.com', prompt: 'consent' }],
    ['linear', { prompt: 'consent' }],
  ])('for a sign-in at %s says %j, without which something would be missing', (slug, what) => {
    expect(signInOf(slug).method.authorizeParams).toMatchObject(what);
  });

  test('for a sign-in at Jira asks for offline_access, without which there is no refresh token', () => {
    const scope = signInOf('jira').method.scopes.find(({ name }) => name === 'offline_access');
    expect(scope?.optional).toBe(false);
  });
});
