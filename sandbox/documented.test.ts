import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogFolder } from '../server/src/catalog/built-in.ts';
import { loadCatalog } from '../server/src/catalog/load.ts';
import { methodIdOf } from '../server/src/catalog/methods.ts';
import { madeUpFor } from '../server/src/trials/entered.ts';
import { startApp, type TestApp } from '../server/test/app.ts';
import { documentedStandIns } from './documented.ts';
import { PROVIDERS } from './provider-list.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from './start.ts';

/** What has no stand-in of its own is stood in for by what its file documents. */
let sandbox: Sandbox;
let app: TestApp;
beforeAll(async () => {
  sandbox = await startSandbox({ isWhole: true });
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const settings = { KEYRAIL_UPSTREAMS: upstreams, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts };
  app = await startApp({ settings });
}, 60_000);
afterAll(async () => {
  await app?.close();
  await sandbox?.close();
});

const catalog = await loadCatalog({ builtIn: catalogFolder });
const slugs = (await documentedStandIns(PROVIDERS)).map(({ slug }) => slug);

function entered(slug: string, kind: string) {
  const definition = catalog.get(slug);
  const method = definition?.auth.find(({ type }) => type === 'api_key' || type === 'basic');
  if (definition === undefined || method === undefined || !('fields' in method)) throw new Error(slug);
  const made = madeUpFor(definition, method, null);
  if (made.kind !== 'made_up') throw new Error(slug);
  const secret = method.fields.find((field) => field.secret)?.name ?? '';
  const credentials = { ...made.entered, [secret]: `sandbox-${slug}-${kind}` };
  return { integration: slug, method: methodIdOf(method), credentials };
}

test('more than half of the catalog is stood in for by its own documents', () => {
  expect(slugs.length).toBeGreaterThan(60);
});

test.each(slugs)('a good key connects %s, and a bad one does not', async (slug) => {
  const good = await app.owner.post('/v1/connections', entered(slug, 'good'));
  expect(good.status, good.text).toBe(201);
  if (good.json.status === 'unverified') return;
  expect(good.json.status).toBe('connected');
  const bad = await app.owner.post('/v1/connections', { ...entered(slug, 'bad'), name: 'Bad' });
  expect(bad.status, bad.text).toBe(422);
});
