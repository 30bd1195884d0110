import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';

const OWN = `slug: acme
name: Acme
category: Tests
description: For this test.
homepage: https://acme.example
docs_url: https://acme.example/docs
icon: { text: A, color: "#FFE01B" }
base_url: https://api.acme.example/v1
auth:
  - type: api_key
    fields: [{ name: api_key, label: API key }]
    send: [{ in: header, name: Authorization, value: "Token {api_key}" }]
    key_help: { location: Settings > API, hint: Choose a read-only one., url: https://acme.example/keys }
probe:
  request: { method: GET, path: /me }
  account: { label: name, plan: plan }
rate_limits: { windows: [{ calls: 60, per_seconds: 60 }] }
oddities: [A key that was deleted works for another minute.]
actions:
  - name: add_person
    label: Add person
    description: Adds a person.
    primary: true
    request: { method: POST, path: /people, body: { email: "{email}" } }
    inputs: [{ name: email, label: Email, type: email, required: true, example: jane@acme.example }]
    outputs: [{ name: id, label: Id, type: id, path: id, primary: true }]
    repeatable: false
sources: [{ at: https://acme.example/docs docs/a.md, for: [auth, actions] }, { at: The handbook of Acme, for: [limits] }]
checked: 2026-11-20
`;

let folder: string;
let app: TestApp;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-own-catalog-'));
  writeFileSync(join(folder, 'acme.yaml'), OWN);
  writeFileSync(join(folder, 'broken.yaml'), OWN.replace('slug: acme', 'slug: broken\ncolour: blue'));
  app = await startApp({ settings: { KEYRAIL_CATALOG_DIR: folder, KEYRAIL_REQUESTS_PER_SECOND: '20' } });
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a field that may stay empty says what is taken then; one that must be filled in does not', async () => {
  const field = async (slug: string, name: string) => {
    const { json } = await app.owner.get(`/v1/integrations/${slug}`);
    const all = [...json.connection_fields, ...json.auth_methods[0].fields];
    return all.find((one: { name: string }) => one.name === name);
  };
  expect(await field('datadog', 'site')).toMatchObject({ is_required: false, default: 'datadoghq.com' });
  expect(await field('mailgun', 'region_host')).toMatchObject({ is_required: true, default: null });
  expect(await field('acme', 'api_key')).toMatchObject({ is_required: true, default: null });
});

test('a tool is told with how it is checked, its limits, its oddities, and what all of it rests on', async () => {
  const { json } = await app.owner.get('/v1/integrations/acme');
  expect(json).toMatchObject({
    limits: ['Keyrail makes at most 60 calls a minute.'],
    oddities: ['A key that was deleted works for another minute.'],
    sources: [
      {
        at: 'https://acme.example/docs docs/a.md',
        url: 'https://acme.example/docs',
        for: ['auth', 'actions'],
      },
      { at: 'The handbook of Acme', url: null, for: ['limits'] },
    ],
    checked: '2026-11-20',
    auth_methods: [
      {
        key_location: 'Settings > API',
        key_hint: 'Choose a read-only one.',
        key_url: 'https://acme.example/keys',
        check: { request: 'GET api.acme.example/v1/me', tells: ['account', 'plan'] },
        facts: ['The key is sent in the header Authorization, after the word Token.'],
      },
    ],
    actions: [
      {
        request: 'POST /people',
        is_repeatable: false,
        is_asynchronous: false,
        bulk_rows: null,
        inputs: [{ example: 'jane@acme.example' }],
        facts: [
          'Never sent twice by itself: where an answer was lost on the way, the cell says that it may have happened.',
        ],
      },
    ],
  });
});

test('a broken file of the own folder is named to owners and admins by its name, line and what to do, and to nobody else', async () => {
  const { json } = await app.owner.get('/v1/catalog-problems');
  expect(json.data).toEqual([
    expect.objectContaining({
      file: 'broken.yaml',
      line: 2,
      origin: 'user',
      message: expect.stringContaining('colour'),
    }),
  ]);
  expect(JSON.stringify(json)).not.toContain(folder);
  expect((await app.owner.get('/v1/integrations/broken')).status).toBe(404);
  const editor = await app.member('editor');
  expect((await editor.get('/v1/catalog-problems')).status).toBe(403);
});

test('who asks for what a broken file describes learns that a file is left out and who sees why, not what it is called', async () => {
  const viewer = await app.member('viewer');
  const missing = await viewer.get('/v1/integrations/broken');
  expect(missing).toMatchObject({
    status: 404,
    json: {
      detail:
        'There is no integration “broken”. A file for it is left out; owners and admins see why under Check my setup.',
    },
  });
  for (const told of ['yaml', folder, 'colour']) expect(missing.text).not.toContain(told);
  const other = await viewer.get('/v1/integrations/broke');
  expect(other).toMatchObject({ status: 404, json: { detail: expect.not.stringContaining('left out') } });
});

test('whoever searches for a deed is told which actions do it', async () => {
  const { json } = await app.owner.get('/v1/integrations?search=add%20a%20person');
  expect(json.data[0]).toMatchObject({
    slug: 'acme',
    actions_found: [{ name: 'add_person', label: 'Add person', description: 'Adds a person.' }],
  });
  const all = await app.owner.get('/v1/integrations?limit=5');
  expect(all.json.data.flatMap((one: { actions_found: unknown[] }) => one.actions_found)).toEqual([]);
});

test('lists name marks by an address under which a browser may keep them for ever, and carry no pictures', async () => {
  const { text, json } = await app.owner.get('/v1/integrations?limit=200');
  expect(text).not.toContain('<svg');
  const { icon } = json.data.find((one: { slug: string }) => one.slug === 'hubspot');
  expect(icon.url).toMatch(/^\/icons\/hubspot-ff7a59-[0-9a-f]{8}\.svg$/);
  const mark = await app.anonymous.get(icon.url);
  expect(mark.text).toMatch(/^<svg fill="#ff7a59" /);
  expect(mark.headers.get('content-type')).toBe('image/svg+xml');
  expect(mark.headers.get('cache-control')).toContain('immutable');
  const other = await app.anonymous.get(icon.url.replace(/[0-9a-f]{8}\.svg/, '00000000.svg'));
  expect(other.headers.get('cache-control')).toBe('no-cache');
});

test.each([
  'nothing-ff7a59-00000000.svg',
  '..%2fpackage-ff7a59-00000000.svg',
  'hubspot.svg',
  'hubspot-"><-00000000.svg',
])('there is no mark %s', async (file) => {
  expect((await app.anonymous.get(`/icons/${file}`)).status).toBe(404);
});

test('many marks at once do not use up what their caller may ask', async () => {
  const url = '/icons/hubspot-ff7a59-00000000.svg';
  await Promise.all(Array.from({ length: 100 }, () => app.owner.get(url)));
  expect((await app.owner.get('/v1/integrations?limit=1')).status).toBe(200);
});
