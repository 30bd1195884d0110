import type { Client } from '@keyrail/sdk/client';
import { SANDBOX_CLIENT } from '../sandbox/oauth/flow.ts';
import { serviceAccountKey } from '../sandbox/oauth/service-account.ts';
import type { Sandbox } from '../sandbox/start.ts';

/** Whoever asks with the cookies of a browser: they tie a sign-in to it. */
type Fetch = typeof globalThis.fetch;

/** Connections of every kind: signed in and withdrawn, by service account, with a key that was just replaced. */
export async function furnishConnections(api: Client, browserFetch: Fetch, sandbox: Sandbox): Promise<void> {
  for (const integration of ['airtable', 'hubspot', 'google-sheets', 'jira']) {
    await api.oauthApps.put(integration, {
      client_id: SANDBOX_CLIENT.id,
      client_secret: SANDBOX_CLIENT.secret,
    });
  }
  await signInAt(api, browserFetch, 'airtable', 'Olive’s bases', 'olive@northwind.example');
  await signInAt(api, browserFetch, 'airtable', 'Jonas’s bases', 'jonas@northwind.example');
  sandbox.withdraw('airtable', 'jonas@northwind.example');
  const { data } = await api.connections.list({ integration: 'airtable' });
  for (const { id } of data) await api.connections.verify(id);
  await api.connections.create({
    integration: 'google-sheets',
    name: 'Reporting robot',
    method: 'service_account',
    credentials: { key_file: JSON.stringify(serviceAccountKey(), null, 2) },
  });
  const replaced = await api.connections.create({
    integration: 'heyreach',
    name: 'Outreach',
    credentials: { api_key: 'sandbox-heyreach-good-first' },
  });
  await api.connections.update(replaced.id, { credentials: { api_key: 'sandbox-heyreach-good-second' } });
}

/** The whole way as a browser goes it: the provider's page, Allow, and back. */
async function signInAt(
  api: Client,
  browserFetch: Fetch,
  integration: string,
  name: string,
  account: string,
): Promise<void> {
  const begun = await api.authorizations.start({ integration, method: 'oauth2', name });
  const allowed = await fetch(begun.authorization_url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ account, answer: 'allow' }),
  });
  await browserFetch(allowed.headers.get('location') ?? '', { redirect: 'manual' });
  const { state, message } = await api.authorizations.get(begun.id);
  if (state !== 'connected') throw new Error(`${integration}: ${state}: ${message}`);
}
