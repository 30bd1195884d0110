import { expect, it } from 'vitest';
import { authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { connectionFieldSchema } from '../catalog/definition/field-definition.ts';
import { Secret } from '../lib/secret.ts';
import { exchange } from './exchange.ts';
import { SECRET, tokenEndpointUnderTest } from './token-endpoint-under-test.ts';

const endpoint = tokenEndpointUnderTest();

/** What the setup is told of a code that is exchanged at this address. */
async function heardOf(tokenUrl: string, status: number, body: object): Promise<string[]> {
  const { origin } = endpoint.server();
  const heard: string[] = [];
  endpoint.answer(status, body);
  const method = authMethodSchema.parse({
    type: 'oauth2',
    authorize_url: `${origin}/authorize`,
    token_url: origin + tokenUrl,
    token_errors: { '90002': 'setup_rejected' },
  });
  const tenant = connectionFieldSchema.parse({ name: 'tenant', label: 'Tenant' });
  const exchanging = {
    authorization: {
      id: 'aut_1',
      workspaceId: 'wsp_1',
      redirectUri: 'http://127.0.0.1:4400/oauth/callback/trial',
      wanted: { fields: { tenant: 'nobody' } },
    },
    definition: { slug: 'trial', name: 'Trial', connectionFields: [tenant] },
    method,
    client: { setUpBy: 'operator', id: 'fake-client', secret: new Secret(SECRET), version: 1, refusal: null },
    code: new Secret('fake-code-0001'),
    state: 'fake-state-0001',
  };
  await exchange(
    {
      ...endpoint.deps(),
      transact: (_, work) => work(undefined as never),
      clientNow: async () => ({ kind: 'missing' }),
      verifierKey: new Secret(Buffer.alloc(32)),
      setupGate: { heard: async (_asker, _client, { kind }) => void heard.push(kind) },
    },
    exchanging as never,
  );
  return heard;
}

it('what a sign-in is refused at an address that its person entered is no word on the setup of everybody else', async () => {
  expect(await heardOf('/{tenant}/token', 400, { error: '90002' })).toEqual([]);
  expect(await heardOf('/{tenant}/token', 401, { error: 'invalid_client' })).toEqual([]);
  expect(await heardOf('/{tenant}/token', 400, { error: 'invalid_grant' })).toEqual(['ended']);
  expect(await heardOf('/token', 401, { error: 'invalid_client' })).toEqual(['setup_rejected']);
});
