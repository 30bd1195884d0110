import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogFolder } from '../server/src/catalog/built-in.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import { loadCatalog } from '../server/src/catalog/load.ts';
import { methodIdOf } from '../server/src/catalog/methods.ts';
import { madeUpFor } from '../server/src/trials/entered.ts';
import { startApp, type TestApp } from '../server/test/app.ts';
import { definitionOf, ran } from './calls-under-test.ts';
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
});
afterAll(async () => {
  await app?.close();
  await sandbox?.close();
});

const catalog = await loadCatalog({ builtIn: catalogFolder });
const standIns = await documentedStandIns(PROVIDERS);
const slugs = standIns.map(({ slug }) => slug);

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

test.each([
  ['body', 'neverbounce'],
  ['path', 'telegram'],
])('a key that travels in the %s is known there, at %s', async (_, slug) => {
  const good = await app.owner.post('/v1/connections', { ...entered(slug, 'good-2'), name: 'Second' });
  expect(good.json, good.text).toMatchObject({ status: 'connected' });
  const bad = await app.owner.post('/v1/connections', { ...entered(slug, 'bad'), name: 'Bad' });
  expect(bad.json, bad.text).toMatchObject({ verdict: { kind: 'rejected' } });
  expect(await (await fetch(sandbox.url)).text()).toContain(`<td>${slug}</td>`);
});

const [counting, others] = [true, false].map((has) =>
  standIns.filter(({ hasCredits }) => (hasCredits ?? false) === has).map(({ slug }) => slug),
) as [string[], string[]];

function isSeenByCheck(slug: string): boolean {
  const { probe, examples } = definitionOf(slug);
  const { creditsLeft, creditsTotal } = probe?.account ?? {};
  const isShown = examples.some(({ of, means }) => of === 'probe' && means === 'out_of_credits');
  return isShown || (creditsLeft ?? creditsTotal) !== undefined;
}

test('no check of a key without credits finds any, and the start page offers such keys of those that know them', async () => {
  for (const slug of counting) {
    const { json, text } = await app.owner.post('/v1/connections', {
      ...entered(slug, 'no-credits'),
      name: 'Empty',
    });
    expect(json.status, text).toBe(isSeenByCheck(slug) ? 'out_of_credits' : 'connected');
    expect(json.account?.credits_left ?? '0', text).toMatch(/^0\b/);
  }
  const page = await (await fetch(sandbox.url)).text();
  const offered = /Keys with credits are those of ([^;]*);/.exec(page)?.[1]?.split(', ');
  expect(offered).toEqual(expect.arrayContaining(['hunter', ...counting]));
  expect(offered).not.toContain('hubspot');
  expect(offered?.filter((slug) => others.includes(slug))).toEqual([]);
  const unknown = await app.owner.post('/v1/connections', entered(others[0] ?? '', 'no-credits'));
  expect(unknown.status, unknown.text).toBe(422);
});

test.each([
  ['serper', 'web_search', { q: 'acme' }],
  ['neverbounce', 'verify_email', { email: 'lena@acme.example' }],
])('%s: %s spends credits until the documented answer without any', async (slug, name, given) => {
  const action = definitionOf(slug).actions.find((one) => one.name === name) as Action;
  const kinds = [];
  for (const key of ['good', 'credits-2', 'credits-2', 'credits-2', 'no-credits'])
    kinds.push((await ran(sandbox, slug, action, given, key)).kind);
  expect(kinds).toEqual(['success', 'success', 'success', 'out_of_credits', 'out_of_credits']);
});
