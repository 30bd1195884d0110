import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import { tokenEndpointUnderTest } from '../oauth/token-endpoint-under-test.ts';
import { mintServiceAccount } from './mint-service-account.ts';

const endpoint = tokenEndpointUnderTest();
const SECRET = 'fake-client-secret-0002';
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const PEM = KEY.export({ type: 'pkcs8', format: 'pem' }).toString();

beforeEach(() => endpoint.answer(200, { access_token: 'fake-access-0002', expires_in: 3600 }));

async function minted(
  tokenAuthMethod: string | null,
  given: object = {},
  fields: Record<string, string> = {},
) {
  const method = authMethodSchema.parse({
    type: 'service_account',
    kind: 'jwt_bearer',
    token_url: `${endpoint.server().origin}/token`,
    ...(tokenAuthMethod !== null && { token_auth_method: tokenAuthMethod }),
    assertion: { issuer: '{client_id}' },
    ...given,
    fields: [
      { name: 'client_id', label: 'Client ID', secret: false },
      { name: 'client_secret', label: 'Client secret' },
      { name: 'private_key', label: 'Private key', kind: 'multiline' },
    ],
  });
  if (method.type !== 'service_account') throw new Error('no service account');
  const values = new Secret({ client_id: 'fake-client', client_secret: SECRET, private_key: PEM });
  const of = { workspaceId: 'wsp_1', definition: { connectionFields: [] }, method, fields };
  // The test server's Date is the real one, and a clock that is off is another story.
  const clock = { now: () => new Date(), sleep: async () => {} };
  return await mintServiceAccount({ ...endpoint.deps(), clock }, of, values);
}

test('a client secret goes beside an assertion where the file says so, and never else', async () => {
  expect((await minted('client_secret_post')).kind).toBe('minted');
  expect(endpoint.sentForm()).toMatchObject({ client_id: 'fake-client', client_secret: SECRET });
  await minted('client_secret_basic');
  const [, basic = ''] = /^Basic (.+)$/.exec(endpoint.sent().headers.authorization ?? '') ?? [];
  expect(decodeURIComponent(atob(basic))).toBe(`fake-client:${SECRET}`);
  expect(endpoint.sentForm()).not.toHaveProperty('client_secret');
  await minted(null);
  expect(endpoint.sentForm()).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: expect.stringMatching(/^ey/),
  });
  expect(JSON.stringify(endpoint.sent())).not.toContain(SECRET);
});

test('a scope names the address that the connection is for', async () => {
  await minted(null, { scopes: ['https://{environment}/.default'] }, { environment: 'acme.crm.example' });
  expect(endpoint.sentForm()).toMatchObject({ scope: 'https://acme.crm.example/.default' });
});

test('a refusal of the client is one of what was entered, and its words have no secret in them', async () => {
  endpoint.answer(400, { error: 'invalid_client', error_description: `no client with ${SECRET}` });
  const outcome = await minted('client_secret_post');
  expect(outcome).toMatchObject({ kind: 'ended', because: 'rejected' });
  expect(JSON.stringify(outcome)).not.toContain(SECRET);
});
