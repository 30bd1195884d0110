import { describe, expect, test } from 'vitest';
import { type Given, oddAnswersUnderTest } from './odd-answers-under-test.ts';
import { exchanging, NOW } from './token-endpoint-under-test.ts';

/**
 * What token addresses answer in another way than RFC 6749 says, and what is made of it. Of a tool in the catalog its own file
 * is read; of the others the method is written here as a file would have it.
 */
const answered = oddAnswersUnderTest();

const A = 'fake-access-0002';
const R = 'fake-refresh-0002';

describe('a success that is told in another way', () => {
  test.each<[string, Given, unknown, object]>([
    [
      'slack: the bot token stands at the top, the person and the team beside it',
      'slack',
      {
        ok: true,
        access_token: A,
        refresh_token: R,
        expires_in: 43_200,
        scope: 'chat:write,users:read',
        team: { id: 'T1', name: 'Acme' },
        authed_user: { id: 'U1' },
        incoming_webhook: { url: 'https://hooks.example' },
      },
      { access: A, refresh: R, seconds: 43_200, scopes: ['chat:write', 'users:read'] },
    ],
    [
      "slack, for a person's token: it stands under authed_user",
      { token_path: 'authed_user', token_account: { id: 'team.id', name: 'team.name' } },
      { ok: true, authed_user: { access_token: A, scope: 'read,write' }, team: { id: 'T1', name: 'Acme' } },
      { access: A, scopes: ['read', 'write'], account: { id: 'T1', name: 'Acme' } },
    ],
    [
      'slack without rotation: it has no end',
      'slack',
      { ok: true, access_token: A },
      { seconds: null, refresh: null },
    ],
    [
      'tiktok for business: all is wrapped in data, and code 0 says that all is well',
      { token_path: 'data', token_error_paths: ['code'], token_errors: { '0': 'none', '40105': 'revoked' } },
      {
        code: 0,
        message: 'OK',
        data: { access_token: A, refresh_token: R, expires_in: 86_400, scope: 'a,b' },
      },
      { access: A, refresh: R, seconds: 86_400, scopes: ['a', 'b'] },
    ],
    [
      'square: the end is a date, and the type is in small letters',
      { token_request_body: 'json', pkce: false },
      {
        access_token: A,
        refresh_token: R,
        token_type: 'bearer',
        expires_at: '2026-03-31T12:00:00Z',
        merchant_id: 'M1',
      },
      { access: A, refresh: R, seconds: 30 * 86_400 },
    ],
    [
      'notion: no scope, no end, and the workspace beside it',
      'notion',
      { access_token: A, refresh_token: R, bot_id: 'b1', workspace_name: 'Acme', owner: { type: 'user' } },
      { access: A, refresh: R, seconds: null, scopes: null },
    ],
    [
      'salesforce: no end, and the address of the org',
      'salesforce',
      {
        access_token: A,
        instance_url: 'https://acme.my.salesforce.com',
        scope: 'api refresh_token',
        issued_at: '1',
      },
      { seconds: null, refresh: null, fields: { instance_url: 'https://acme.my.salesforce.com' } },
    ],
    [
      'pipedrive: the address of the company',
      'pipedrive',
      {
        access_token: A,
        refresh_token: R,
        expires_in: 3599,
        scope: 'base,deals:full',
        api_domain: 'https://acme.pipedrive.com',
      },
      {
        seconds: 3599,
        refresh: R,
        scopes: ['base', 'deals:full'],
        fields: { api_domain: 'https://acme.pipedrive.com' },
      },
    ],
    [
      'zoom: where the account is, and a new refresh token for 90 days',
      'zoom',
      {
        access_token: A,
        refresh_token: R,
        expires_in: 3600,
        scope: 'user:read:user',
        api_url: 'https://api-eu.zoom.us',
      },
      { refresh: R, refreshSeconds: 7_776_000, fields: { api_url: 'https://api-eu.zoom.us' } },
    ],
    [
      'quickbooks: the refresh token has an end of its own',
      'quickbooks',
      {
        access_token: A,
        refresh_token: R,
        expires_in: 3600,
        x_refresh_token_expires_in: 8_726_400,
        token_type: 'bearer',
      },
      { refresh: R, seconds: 3600, refreshSeconds: 8_726_400 },
    ],
    [
      'xero: a new refresh token for 60 days',
      'xero',
      { access_token: A, refresh_token: R, expires_in: 1800 },
      { refresh: R, refreshSeconds: 5_184_000 },
    ],
    [
      'zoho: the refresh token is not sent again',
      'zoho-crm',
      { access_token: A, expires_in: 3600, api_domain: 'https://www.zohoapis.eu' },
      { refresh: null, seconds: 3600 },
    ],
    [
      'microsoft: a new refresh token, and seconds as a number',
      'microsoft-outlook',
      {
        access_token: A,
        refresh_token: R,
        expires_in: 5011,
        ext_expires_in: 5011,
        scope: 'User.Read Mail.Send',
      },
      { refresh: R, seconds: 5011, scopes: ['User.Read', 'Mail.Send'] },
    ],
    [
      'sentry, installed: every member has another name',
      {
        token_members: {
          access_token: 'token',
          refresh_token: 'refreshToken',
          expires_at: 'expiresAt',
          scope: 'scopes',
        },
      },
      { token: A, refreshToken: R, expiresAt: '2026-03-01T20:00:00.000Z', scopes: ['event:read'] },
      { access: A, refresh: R, seconds: 28_800, scopes: ['event:read'] },
    ],
    [
      'twitch: scope is a list',
      {},
      { access_token: A, expires_in: 14_000, scope: ['chat:read', 'bits:read'] },
      { scopes: ['chat:read', 'bits:read'] },
    ],
    [
      'bitbucket: scopes',
      {},
      { access_token: A, scopes: 'repository account' },
      { scopes: ['repository', 'account'] },
    ],
    ['naver: seconds are a text', {}, { access_token: A, expires_in: '3600' }, { seconds: 3600 }],
    [
      'mailchimp: 0 seconds mean for ever',
      { refresh: 'none' },
      { access_token: A, expires_in: 0, scope: null },
      { seconds: null, scopes: null },
    ],
    [
      'attio, clickup, monday, webflow, vercel: nothing is said of an end',
      { refresh: 'none' },
      { access_token: A, token_type: 'Bearer', exp: null },
      { seconds: null, refresh: null },
    ],
    [
      'facebook: there is no refresh token, so the token itself is kept for the next one',
      { refresh: 'exchange' },
      { access_token: A, token_type: 'bearer', expires_in: 5_183_944 },
      { access: A, refresh: A, seconds: 5_183_944 },
    ],
    [
      'instagram: the same',
      { refresh: 'exchange' },
      { access_token: A, expires_in: 5_184_000, permissions: 'a,b' },
      { refresh: A },
    ],
    [
      'shopify: a token of one hour with a refresh token',
      {},
      {
        access_token: A,
        refresh_token: R,
        expires_in: 3600,
        refresh_token_expires_in: 7_776_000,
        scope: 'write_products',
      },
      { refresh: R, refreshSeconds: 7_776_000 },
    ],
    [
      'shopify of old: a token for ever',
      {},
      { access_token: A, scope: 'write_products,read_orders' },
      { seconds: null, refresh: null, scopes: ['write_products', 'read_orders'] },
    ],
    [
      'zendesk: a new pair',
      {},
      {
        access_token: A,
        refresh_token: R,
        token_type: 'bearer',
        scope: 'read write',
        expires_in: 172_800,
        refresh_token_expires_in: 7_776_000,
      },
      { refresh: R, refreshSeconds: 7_776_000 },
    ],
    [
      'strava: the end both as a time and in seconds, and a new refresh token',
      {},
      { access_token: A, refresh_token: R, expires_at: NOW.getTime() / 1000 + 21_600, expires_in: 21_600 },
      { refresh: R, seconds: 21_600 },
    ],
    [
      'figma, spotify, reddit, heroku: the refresh token is left out',
      {},
      { access_token: A, expires_in: 3600 },
      { refresh: null },
    ],
    [
      'outreach: the refresh token lives 14 days',
      { refresh_token_ttl_seconds: 1_209_600 },
      { access_token: A, refresh_token: R, expires_in: 7200, created_at: 1 },
      { refresh: R, refreshSeconds: 1_209_600 },
    ],
    [
      'basecamp: two weeks',
      {},
      { access_token: A, expires_in: 1_209_600, refresh_token: R },
      { seconds: 1_209_600, refresh: R },
    ],
    [
      'apollo: seconds since 1970 beside it',
      { token_request_body: 'json' },
      {
        access_token: A,
        refresh_token: R,
        token_type: 'Bearer',
        expires_in: 2_592_000,
        created_at: 1_772_000_000,
      },
      { seconds: 2_592_000, refresh: R },
    ],
    [
      'asana: whose it is stands in the answer, the refresh token only in the first',
      'asana',
      { access_token: A, expires_in: 3600, data: { gid: '12', name: 'Anna', email: 'anna@acme.example' } },
      { refresh: null, account: { id: '12', name: 'Anna' } },
    ],
    [
      'calendly: whose it is, and a new refresh token',
      'calendly',
      {
        access_token: A,
        refresh_token: R,
        expires_in: 7200,
        created_at: 1,
        owner: 'https://api.calendly.com/users/U1',
        organization: 'O1',
      },
      { refresh: R, account: { id: 'https://api.calendly.com/users/U1', name: null } },
    ],
    [
      'dropbox: whose it is, and no refresh token again',
      'dropbox',
      { access_token: A, expires_in: 14_400, account_id: 'dbid:1', uid: '1' },
      { refresh: null, seconds: 14_400, account: { id: 'dbid:1', name: null } },
    ],
    [
      'intercom: the token twice, and no end',
      'intercom',
      { token: A, access_token: A, token_type: 'Bearer' },
      { access: A, seconds: null, refresh: null },
    ],
    [
      'box: a new refresh token for 60 days',
      'box',
      { access_token: A, refresh_token: R, expires_in: 4169, restricted_to: [], token_type: 'bearer' },
      { refresh: R, seconds: 4169, refreshSeconds: 5_184_000 },
    ],
    [
      'linkedin: commas, although asked with spaces',
      'linkedin',
      { access_token: A, expires_in: 5_184_000, scope: 'email,openid,profile' },
      { scopes: ['email', 'openid', 'profile'], refresh: null },
    ],
  ])('%s', async (_, given, body, expected) => {
    expect(await answered(given, 200, body)).toMatchObject({ kind: 'minted', ...expected });
  });

  test("linkedin: a refresh token's year counts from the consent, so a refresh never makes it longer", async () => {
    const answer = { access_token: A, refresh_token: R, expires_in: 5_184_000 };
    const first = await answered(
      'linkedin',
      200,
      { ...answer, refresh_token_expires_in: 31_536_000 },
      exchanging,
    );
    expect(first).toMatchObject({ ends: 31_536_000, refreshSeconds: null });
    const later = await answered('linkedin', 200, { ...answer, refresh_token_expires_in: 20_000_000 });
    expect(later).toMatchObject({ ends: 20_000_000, refreshSeconds: null });
    expect(await answered('linkedin', 200, answer)).toMatchObject({ ends: null });
  });

  test('google: six months without use; of an app in testing, seven days whatever is done', async () => {
    const answer = { access_token: A, expires_in: 3599, scope: 'openid email' };
    expect(await answered('google-sheets', 200, answer)).toMatchObject({
      ends: null,
      refreshSeconds: 15_552_000,
    });
    const testing = { ...answer, refresh_token: R, refresh_token_expires_in: 604_799 };
    expect(await answered('google-sheets', 200, testing, exchanging)).toMatchObject({ ends: 604_799 });
  });

  test('jira: 90 days without use, and a year whatever is done', async () => {
    const answer = {
      access_token: A,
      refresh_token: R,
      expires_in: 3600,
      scope: 'read:jira-work offline_access',
    };
    const first = await answered('jira', 200, answer, exchanging);
    expect(first).toMatchObject({ ends: 31_536_000, refreshSeconds: 7_776_000 });
    expect(await answered('jira', 200, answer)).toMatchObject({ ends: null, refreshSeconds: 7_776_000 });
  });
});
