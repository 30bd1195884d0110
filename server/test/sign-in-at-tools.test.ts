import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SANDBOX_CLIENT } from '../../sandbox/oauth/flow.ts';
import { type AtTools, startAtTools } from './at-tools.ts';
import { until } from './until.ts';

/** Sign-ins at tools of code, sales, mail and books, through the whole engine. One stage for all. */
interface Tool {
  /** Whose account it is, as people see it. */
  name: string;
  tokenPath: string;
  /** How an access that a person withdrew at the tool is shown after the next check. */
  withdrawn: 'revoked' | 'expired';
  /** Actions that want a scope nobody ticked. */
  limited?: string[];
  /** Signs in at several accounts: which one is meant. */
  choice?: string;
}

const TOOLS: Record<string, Tool> = {
  github: { name: 'anna', tokenPath: '/login/oauth/access_token', withdrawn: 'revoked' },
  gitlab: { name: 'anna', tokenPath: '/oauth/token', withdrawn: 'revoked' },
  linear: { name: 'Acme', tokenPath: '/oauth/token', withdrawn: 'revoked' },
  'microsoft-outlook': {
    name: 'anna@acme.example',
    tokenPath: '/common/oauth2/v2.0/token',
    withdrawn: 'revoked',
    limited: ['create_event', 'list_events', 'create_contact', 'find_contact'],
  },
  pipedrive: { name: 'Acme', tokenPath: '/oauth/token', withdrawn: 'revoked' },
  quickbooks: { name: 'Acme Inc.', tokenPath: '/oauth2/v1/tokens/bearer', withdrawn: 'revoked' },
  xero: {
    name: 'Acme Trading',
    tokenPath: '/connect/token',
    withdrawn: 'revoked',
    choice: ' Trading',
    limited: ['record_payment'],
  },
  'zoho-crm': {
    name: 'anna@acme.example',
    tokenPath: '/oauth/v2/token',
    withdrawn: 'revoked',
    limited: ['query', 'list_modules'],
  },
};
const tools = Object.keys(TOOLS);
const toolOf = (slug: string) => TOOLS[slug] as Tool;

let at: AtTools;
beforeAll(async () => {
  at = await startAtTools(tools);
});
afterAll(() => at.close());

async function connected(slug: string, ask: object = {}, account?: string): Promise<string> {
  let ended = await at.signIn(slug, ask, account);
  if (ended.state === 'choosing') {
    const { choice } = toolOf(slug);
    const meant = ended.choices.find(
      (one: { label: string }) => choice !== undefined && one.label.endsWith(choice),
    );
    ended = await at.choose(ended.id, meant.value);
  }
  expect(ended, JSON.stringify(ended)).toMatchObject({ state: 'connected', reason: null });
  return ended.connection_id;
}

const tokenCalls = (slug: string) => at.calls(slug, toolOf(slug).tokenPath);
const lastEvent = async (id: string): Promise<string> =>
  (await at.app.owner.get(`/v1/connections/${id}/events`)).json.data[0].message;

describe.each(tools)('%s', (slug) => {
  const tool = toolOf(slug);
  let id: string;

  test('is connected by signing in, and says whose account it is', async () => {
    id = await connected(slug);
    const made = await at.connection(id);
    expect(made).toMatchObject({ integration: slug, method: 'oauth2', status: 'connected' });
    expect(made.account.name).toBe(tool.name);
    const limited = made.limited_actions.map((one: { name: string }) => one.name);
    expect(limited).toEqual(tool.limited ?? []);
    expect((await at.verify(id)).verdict.kind).toBe('ok');
  });

  test('gets a new token when the one it has is refused, and goes on', async () => {
    const before = tokenCalls(slug);
    at.sandbox.endAccessTokens(slug);
    const verified = await at.verify(id);
    expect([verified.verdict.kind, verified.status], JSON.stringify(verified)).toEqual(['ok', 'connected']);
    expect(tokenCalls(slug)).toBe(before + 1);
    // With what that renewal gave, once more.
    at.sandbox.endAccessTokens(slug);
    expect((await at.verify(id)).verdict.kind).toBe('ok');
    expect(tokenCalls(slug)).toBe(before + 2);
  });

  test('says when its access was withdrawn there', async () => {
    at.sandbox.withdraw(slug);
    await at.verify(id);
    expect((await at.connection(id)).status).toBe(tool.withdrawn);
  });

  test('is told when the connection is given up, or it is said that it cannot be', async () => {
    const other = await connected(slug, {}, 'jo@northwind.example');
    await at.app.owner.post(`/v1/connections/${other}/disconnect`);
    const said = slug === 'microsoft-outlook' ? /offers no way to withdraw/ : /^Access was withdrawn at /;
    await until(async () => said.test(await lastEvent(other)));
  });

  test('a wrong client secret is refused before anybody signs in', async () => {
    const put = await at.trySetUp(slug, 'fake-wrong-secret-0001');
    const told = [put.status, put.json.code, put.json.verdict?.kind];
    expect(told, put.text).toEqual([422, 'credential_rejected', 'rejected']);
  });
});

describe('Zoho CRM', () => {
  test('a code from another data centre than the one chosen is sent nowhere, and the right one is named', async () => {
    const before = tokenCalls('zoho-crm');
    const ended = await at.signIn('zoho-crm', {}, 'anna@acme.eu');
    expect([ended.state, ended.reason]).toEqual(['failed', 'rejected']);
    expect(ended.next_step).toContain('Europe (zoho.eu)');
    expect(tokenCalls('zoho-crm')).toBe(before);
  });

  test('a person of the data centre that was chosen is connected, at the address the token answer names', async () => {
    const fields = { accounts_host: 'accounts.zoho.eu' };
    const id = await connected('zoho-crm', { fields }, 'anna@acme.eu');
    const verified = await at.verify(id);
    expect(verified.verdict).toMatchObject({ kind: 'ok', request: { host: 'www.zohoapis.eu' } });
  });

  test('an accounts server that Zoho has not is never asked for a token', async () => {
    const ended = await at.signIn('zoho-crm', {}, undefined, (back) => {
      back.searchParams.set('accounts-server', 'https://accounts.zoho.com.evil.example');
    });
    expect([ended.state, ended.reason]).toEqual(['failed', 'rejected']);
    expect(ended.next_step).not.toContain('evil');
  });

  test('a data centre that is none of its choices is refused before anybody leaves', async () => {
    const fields = { accounts_host: 'accounts.zoho.evil.example' };
    const begun = await at.app.owner.post('/v1/oauth/authorizations', { integration: 'zoho-crm', fields });
    expect([begun.status, begun.json.fields?.[0]?.path]).toEqual([400, 'fields.accounts_host']);
  });
});

describe('Xero', () => {
  test('asks which organisation it is for, and says it with every call', async () => {
    const ended = await at.signIn('xero', {}, 'jo@borealis.example');
    expect(ended).toMatchObject({ state: 'choosing', choice_label: 'Xero organization' });
    expect(ended.choices.map((one: { label: string }) => one.label)).toEqual([
      'Borealis Ltd',
      'Borealis Trading',
    ]);
    const [first] = ended.choices;
    const { connection_id } = await at.choose(ended.id, first.value);
    expect((await at.connection(connection_id)).account.name).toBe('Borealis Ltd');
    expect((await at.verify(connection_id)).verdict.kind).toBe('ok');
  });

  test('a custom connection needs no organisation to be named', async () => {
    const made = await at.app.owner.post('/v1/connections', {
      integration: 'xero',
      method: 'oauth2_client_credentials',
      credentials: { client_id: SANDBOX_CLIENT.id, client_secret: SANDBOX_CLIENT.secret },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.json).toMatchObject({ status: 'connected', account: { name: 'Example Ltd' } });
  });
});

describe('QuickBooks', () => {
  test('keeps the company of the callback, and is not saved without one, with two, or with one that is none', async () => {
    for (const change of [
      (back: URL) => back.searchParams.delete('realmId'),
      (back: URL) => back.searchParams.append('realmId', '1'),
      (back: URL) => back.searchParams.set('realmId', '1/../../2'),
    ]) {
      const ended = await at.signIn('quickbooks', {}, undefined, change);
      expect([ended.state, ended.reason], JSON.stringify(ended)).toEqual(['failed', 'provider_error']);
    }
  });

  test('a company of another one than the person signed in for is not saved', async () => {
    const ended = await at.signIn('quickbooks', {}, undefined, (back) => {
      back.searchParams.set('realmId', '9130347596899999');
    });
    expect(ended.state).toBe('failed');
  });

  test('signing in for another company than before is asked about first', async () => {
    const id = await connected('quickbooks');
    const ended = await at.signIn('quickbooks', { connection: id }, 'jo@borealis.example');
    expect([ended.state, ended.reason]).toEqual(['failed', 'other_account']);
  });

  test('a sign-in is known to end after five years, whatever is done', async () => {
    const id = await connected('quickbooks');
    const kept = await at.app.database.db.system
      .selectFrom('tokens')
      .select('grant_ends_at')
      .where('connection_id', '=', id)
      .executeTakeFirstOrThrow();
    const years = ((kept.grant_ends_at?.getTime() ?? 0) - Date.now()) / (365 * 86_400_000);
    expect(years).toBeCloseTo(5, 3);
  });

  test('a sandbox company is reached at its own host', async () => {
    const fields = { api_host: 'sandbox-quickbooks.api.intuit.com' };
    const verified = await at.verify(await connected('quickbooks', { fields }));
    expect(verified.verdict.request.host).toBe('sandbox-quickbooks.api.intuit.com');
  });
});

describe('GitLab', () => {
  test('one of somebody’s own is signed in to, asked for tokens and called at its own host', async () => {
    // A secret that is entered anew is for the host it is first sent to.
    await at.setUp('gitlab');
    const id = await connected('gitlab', { fields: { host: 'gitlab.acme.example' } });
    at.sandbox.endAccessTokens('gitlab');
    expect((await at.verify(id)).verdict).toMatchObject({
      kind: 'ok',
      request: { host: 'gitlab.acme.example' },
    });
  });

  test.each<[host: string, code: string]>([
    ['169.254.169.254', 'egress_denied'],
    ['10.0.0.1', 'egress_denied'],
    ['gitlab.nowhere.invalid', 'invalid_input'],
    ['gitlab.com/x', 'invalid_input'],
    ['gitlab.com:22', 'invalid_input'],
    ['evil@gitlab.com', 'invalid_input'],
    ['localhost', 'invalid_input'],
  ])('the host %s is refused before anybody leaves: %s', async (host, code) => {
    const ask = { integration: 'gitlab', fields: { host } };
    const begun = await at.app.owner.post('/v1/oauth/authorizations', ask);
    expect(begun.json.code, begun.text).toBe(code);
  });
});

describe('Outlook', () => {
  test('what was granted is named as it was asked for, and what was not ticked names its actions', async () => {
    const id = await connected('microsoft-outlook', { optional_scopes: ['Contacts.ReadWrite'] });
    const made = await at.connection(id);
    expect(made.granted_scopes).toEqual(expect.arrayContaining(['Mail.Send', 'Contacts.ReadWrite']));
    expect(made.granted_scopes).not.toContain('https://graph.microsoft.com/Mail.Send');
    expect(made).toMatchObject({ status: 'connected', missing_scopes: [] });
    const limited = made.limited_actions.map((one: { name: string }) => one.name);
    expect(limited).toEqual(['create_event', 'list_events']);
  });

  test('an app without a person works in one mailbox', async () => {
    const directory = '00000000-0000-4000-8000-00000000acde';
    const made = await at.app.owner.post('/v1/connections', {
      integration: 'microsoft-outlook',
      method: 'oauth2_client_credentials',
      credentials: {
        client_id: SANDBOX_CLIENT.id,
        client_secret: SANDBOX_CLIENT.secret,
        directory,
        mailbox: '00000000-0000-4000-8000-0000000000aa',
      },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.json).toMatchObject({ status: 'connected', limited_actions: [] });
  });
});
