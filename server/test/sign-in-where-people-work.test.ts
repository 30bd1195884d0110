import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SANDBOX_CLIENT } from '../../sandbox/oauth/flow.ts';
import { DATABRICKS } from '../../sandbox/providers/databricks.ts';
import { ENTRA } from '../../sandbox/service-accounts/entra.ts';
import { type AtTools, startAtTools } from './at-tools.ts';
import { until } from './until.ts';

/** Sign-ins at tools of calendars, meetings, files and tasks, through the whole engine. One stage for all. */
interface Tool {
  /** Whose account it is, as people see it. */
  name: string;
  tokenPath: string;
  /** Nothing renews its tokens. */
  isFinal?: boolean;
  account?: string;
  ask?: object;
  /** How an access that a person withdrew at the tool is shown after the next check; Intercom says no more than "invalid". */
  withdrawn?: string;
  /** What is said of a wrong client secret before anybody has signed in, where that is not "rejected". */
  wrongSecret?: string;
  /** Where it is asked to withdraw access; left out: nowhere. */
  revokePath?: string;
  host?: string;
  /** Whose sign-in it is, where several tools share one. */
  of?: string;
}

const TOOLS: Record<string, Tool> = {
  asana: { name: 'Anna', tokenPath: '/-/oauth_token', revokePath: '/-/oauth_revoke' },
  box: { name: 'anna@acme.example', tokenPath: '/oauth2/token', revokePath: '/oauth2/revoke' },
  calendly: { name: 'Anna', tokenPath: '/oauth/token', revokePath: '/oauth/revoke' },
  dropbox: { name: 'anna@acme.example', tokenPath: '/oauth2/token', revokePath: '/2/auth/token/revoke' },
  intercom: {
    name: 'acme',
    tokenPath: '/auth/eagle/token',
    isFinal: true,
    ask: { fields: { region: 'eu.intercom' } },
    withdrawn: 'invalid',
    wrongSecret: 'unverifiable',
    revokePath: '/auth/uninstall',
    host: 'api.eu.intercom.io',
  },
  jira: { name: 'anna@acme.example', tokenPath: '/oauth/token' },
  linkedin: { name: 'Anna', tokenPath: '/oauth/v2/accessToken', account: 'anna@partner.example' },
  zoom: { name: 'anna@acme.example', tokenPath: '/oauth/token', revokePath: '/oauth/revoke' },
  'google-drive': {
    name: 'anna@acme.example',
    of: 'google-sheets',
    tokenPath: '/token',
    revokePath: '/revoke',
    host: 'www.googleapis.com',
  },
  'microsoft-azure': {
    name: 'Acme production',
    of: 'microsoft-outlook',
    tokenPath: `/${ENTRA.tenant}/oauth2/v2.0/token`,
    ask: { method: 'oauth2', fields: { tenant_id: ENTRA.tenant } },
    host: 'management.azure.com',
  },
  databricks: {
    name: 'anna@acme.example',
    tokenPath: '/oidc/v1/token',
    ask: { method: 'oauth2', fields: { workspace_host: DATABRICKS.host } },
    host: DATABRICKS.host,
  },
};
const tools = Object.keys(TOOLS);
const toolOf = (slug: string) => TOOLS[slug] as Tool;

let at: AtTools;
beforeAll(async () => {
  at = await startAtTools(tools);
});
afterAll(() => at.close());

async function connected(slug: string, ask: object = toolOf(slug).ask ?? {}, account = toolOf(slug).account) {
  let ended = await at.signIn(slug, ask, account);
  if (ended.state === 'choosing') ended = await at.choose(ended.id, ended.choices[0].value);
  expect(ended, JSON.stringify(ended)).toMatchObject({ state: 'connected', reason: null });
  return at.connection(ended.connection_id);
}

describe.each(tools)('%s', (slug) => {
  const { name, tokenPath, isFinal = false, withdrawn = 'revoked', revokePath, host } = toolOf(slug);
  const giver = toolOf(slug).of ?? slug;
  let id: string;

  test('is connected by signing in, and says whose account it is', async () => {
    const made = await connected(slug);
    id = made.id;
    expect(made).toMatchObject({ integration: slug, method: 'oauth2', status: 'connected' });
    expect(made.account.name).toBe(name);
    const { verdict } = await at.verify(id);
    expect(verdict.kind).toBe('ok');
    if (host !== undefined) expect(verdict.request.host).toBe(host);
  });

  test(
    isFinal ? 'has a token that nothing renews' : 'gets a new token when the one it has is refused',
    async () => {
      const before = at.calls(giver, tokenPath);
      at.sandbox.endAccessTokens(giver);
      const verified = await at.verify(id);
      expect(verified.status, JSON.stringify(verified)).toBe(isFinal ? withdrawn : 'connected');
      expect(at.calls(giver, tokenPath)).toBe(before + (isFinal ? 0 : 1));
      if (isFinal) return;
      // With what that renewal gave, once more.
      at.sandbox.endAccessTokens(giver);
      expect((await at.verify(id)).verdict.kind).toBe('ok');
      expect(at.calls(giver, tokenPath)).toBe(before + 2);
    },
  );

  test('says when its access was withdrawn there', async () => {
    if (isFinal) id = (await connected(slug)).id;
    at.sandbox.withdraw(giver);
    await at.verify(id);
    expect((await at.connection(id)).status).toBe(withdrawn);
  });

  test('is told when access is given up, where it can be told', async () => {
    // Of an account no other connection is of: else the tool is told when the last of them goes.
    const { id: given } = await connected(slug, undefined, 'jo@borealis.example');
    expect((await at.app.owner.post(`/v1/connections/${given}/disconnect`)).status).toBe(200);
    await until(async () => (await at.connection(given)).withdrawal?.state !== 'pending');
    const { withdrawal } = await at.connection(given);
    expect(withdrawal.state, JSON.stringify(withdrawal)).toBe(
      revokePath === undefined ? 'not_offered' : 'withdrawn',
    );
    if (revokePath !== undefined) expect(at.calls(giver, revokePath)).toBe(1);
  });

  test('a wrong client secret is refused before anybody signs in', async () => {
    const put = await at.trySetUp(slug, 'fake-wrong-secret-0001');
    const told = [put.status, put.json.code, put.json.verdict?.kind];
    expect(told, put.text).toEqual([422, 'credential_rejected', toolOf(slug).wrongSecret ?? 'rejected']);
  });
});

describe('Jira', () => {
  test('asks for which of the sites that were allowed, and calls that one by its cloud id', async () => {
    const begun = await at.signIn('jira');
    expect(begun).toMatchObject({ state: 'choosing', choice_label: 'Jira site' });
    expect(begun.choices.map((one: { label: string }) => one.label)).toEqual([
      'https://acme.atlassian.net',
      'https://acme-sandbox.atlassian.net',
    ]);
    const { value } = begun.choices[1];
    const { connection_id } = await at.choose(begun.id, value);
    const { verdict } = await at.verify(connection_id);
    expect(verdict.request).toMatchObject({
      host: 'api.atlassian.com',
      path: `/ex/jira/${value}/rest/api/3/myself`,
    });
  });

  test('takes an email and an API token for one site, which nobody is asked for when signing in', async () => {
    const { json } = await at.app.owner.get('/v1/integrations/jira');
    expect(json.connection_fields).toEqual([]);
    const [signIn, basic] = json.auth_methods;
    expect(signIn.fields).toEqual([]);
    expect(basic.fields.map((field: { name: string }) => field.name)).toEqual(['site', 'email', 'api_token']);
    const credentials = {
      email: 'anna@acme.example',
      api_token: 'sandbox-jira-good',
      site: 'acme.atlassian.net',
    };
    const made = await at.app.owner.post('/v1/connections', {
      integration: 'jira',
      method: 'basic',
      credentials,
    });
    expect(made.status, made.text).toBe(201);
    expect(made.json).toMatchObject({ status: 'connected', method: 'basic' });
    const elsewhere = { ...credentials, site: 'acme.atlassian.net.evil.example' };
    const refused = await at.app.owner.post('/v1/connections', {
      integration: 'jira',
      method: 'basic',
      credentials: elsewhere,
    });
    expect([refused.status, refused.json.fields?.[0]?.path]).toEqual([400, 'credentials.site']);
  });
});

describe('Zoom', () => {
  test('is called where the account is, which the token answer says', async () => {
    const { id } = await connected('zoom', {}, 'eu@acme.example');
    expect((await at.verify(id)).verdict.request.host).toBe('api-eu.zoom.us');
    const other = await connected('zoom', {}, 'us@acme.example');
    expect((await at.verify(other.id)).verdict.request.host).toBe('api.zoom.us');
  });

  test('gives a server-to-server app a token of its own', async () => {
    const made = await at.app.owner.post('/v1/connections', {
      integration: 'zoom',
      method: 'oauth2_client_credentials',
      credentials: {
        account_id: 'sandboxAccount',
        client_id: SANDBOX_CLIENT.id,
        client_secret: SANDBOX_CLIENT.secret,
      },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.json.status).toBe('connected');
  });
});

describe('Box', () => {
  test('gives a program a token of its own', async () => {
    const made = await at.app.owner.post('/v1/connections', {
      integration: 'box',
      method: 'oauth2_client_credentials',
      credentials: {
        client_id: SANDBOX_CLIENT.id,
        client_secret: SANDBOX_CLIENT.secret,
        subject_type: 'enterprise',
        subject_id: '12345',
      },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.json.status).toBe('connected');
  });
});

describe('LinkedIn', () => {
  test('has no refresh token for most apps: its end is known, and nobody is asked for another token', async () => {
    const { id } = await connected('linkedin', {}, 'anna@acme.example');
    const before = at.calls('linkedin', '/oauth/v2/accessToken');
    at.sandbox.endAccessTokens('linkedin');
    expect((await at.verify(id)).status).toBe('expired');
    expect(at.calls('linkedin', '/oauth/v2/accessToken')).toBe(before);
  });
});

describe('Intercom', () => {
  test('is signed in to, asked for a token and called in the region of the workspace', async () => {
    const us = await connected('intercom', { fields: { region: 'intercom' } });
    expect((await at.verify(us.id)).verdict.request.host).toBe('api.intercom.io');
    const begun = await at.app.owner.post('/v1/oauth/authorizations', {
      integration: 'intercom',
      fields: { region: 'evil.example/' },
    });
    expect([begun.status, begun.json.fields?.[0]?.path]).toEqual([400, 'fields.region']);
  });

  test('wants https, and says so before anybody is sent there', async () => {
    const { auth_methods } = (await at.app.owner.get('/v1/integrations/intercom')).json;
    const { setup } = auth_methods.find((method: { kind: string }) => method.kind === 'oauth2');
    expect(setup.warnings.join(' ')).toContain('KEYRAIL_PUBLIC_URL');
  });
});

describe('Calendly', () => {
  test('was not asked for what was not ticked, and the actions that need it are named', async () => {
    const made = await connected('calendly', { optional_scopes: ['scheduled_events:write'] });
    expect(made).toMatchObject({ status: 'connected', missing_scopes: [] });
    expect(made.limited_actions.map((one: { name: string }) => one.name)).toEqual([
      'create_booking_link',
      'free_times',
    ]);
  });
});
