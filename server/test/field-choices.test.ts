import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from './app.ts';
import { movableClock } from './clock.ts';
import { APP, FLEET, instead, startWatchedAccounts } from './watched-accounts.ts';
import type { Reply, WatchedTools } from './watched-tools.ts';

/** A tool whose choices are listed with an ordinary key, at an address that is entered. */
const FLEET_KEY = 'fake-fleet-key-good-0001';
const FLEET_FILE = `
slug: fleet
name: Fleet
category: Trial
description: Says which depots there are.
homepage: https://fleet.example
docs_url: https://fleet.example/docs
icon: { text: F, color: "#123456" }
base_url: https://{host}
connection_fields:
  - { name: host, label: Host, kind: host }
  - name: depot
    label: Depot
    pattern: "^[a-z0-9-]{1,20}$"
    listed_from: { request: { method: GET, path: /depots }, records: data, value: id, label: name }
auth:
  - type: api_key
    fields: [{ name: api_key, label: API key }]
    send: [{ in: header, name: x-api-key, value: "{api_key}" }]
probe: { request: { method: GET, path: "/depots/{depot}" } }
answers:
  - { when: { status: 403 }, then: rejected, say: Make another key. }
sources: [{ at: https://fleet.example/docs, for: [auth] }]
checked: 2026-11-21
`;
const DEPOTS = [
  { id: 'north', name: 'North' },
  { id: '../../admin', name: 'No part of an address' },
  { id: 'west', name: `West\u202e\n${FLEET_KEY}` },
  { id: 'east' },
  { id: FLEET_KEY, name: 'The key' },
  { name: 'without an id' },
  null,
];
const fine: Reply = { status: 200, body: { data: DEPOTS } };

let app: TestApp;
let tools: WatchedTools;
let folder: string;

beforeAll(async () => {
  tools = await startWatchedAccounts();
  folder = mkdtempSync(join(tmpdir(), 'keyrail-choices-'));
  writeFileSync(join(folder, 'fleet.yaml'), FLEET_FILE);
  // How many may come in a row depends on the seconds they take.
  const clock = movableClock({ isStanding: true });
  app = await startApp({ settings: { ...tools.settings, KEYRAIL_CATALOG_DIR: folder }, clock });
});
afterAll(async () => {
  await app?.close();
  await tools?.close();
  rmSync(folder, { recursive: true });
});

async function ask(more: object = {}, slug = 'fleet', reply = fine, client = app.owner) {
  instead.set(FLEET, reply);
  const credentials = { host: 'fleet.example', api_key: FLEET_KEY };
  const body = { credentials, field: 'depot', ...more };
  return client.post(`/v1/integrations/${slug}/choices`, body).finally(() => instead.clear());
}

describe('choices that a tool lists', () => {
  it('are the installations of an app, page by page, before anything is saved', async () => {
    const before = (await app.owner.get('/v1/connections')).text;
    const listed = await app.owner.post('/v1/integrations/github/choices', {
      method: 'app',
      credentials: APP,
      field: 'installation_id',
    });
    expect(listed.status, listed.text).toBe(200);
    expect(listed.json.is_complete).toBe(true);
    expect(listed.json.data).toHaveLength(129);
    expect(listed.json.data[0]).toEqual({ value: '1000', label: 'acme-0 · Organization' });
    expect(listed.json.data).not.toContainEqual(expect.objectContaining({ value: '1003' }));
    expect((await app.owner.get('/v1/connections')).text).toBe(before);
    const form = (await app.owner.get('/v1/integrations/github')).json;
    const fields = form.auth_methods.find((one: { id: string }) => one.id === 'app').fields;
    const all = [...fields, ...form.connection_fields];
    expect(all.find((one) => one.name === 'installation_id').is_listed).toBe(true);
  });

  it('are what may stand in the field, named without the key and in one line', async () => {
    const listed = await ask();
    expect(listed.json).toEqual({
      data: [
        { value: 'north', label: 'North' },
        { value: 'west', label: expect.stringMatching(/^West \S+$/) },
        { value: 'east', label: 'east' },
      ],
      is_complete: true,
    });
    expect(listed.text).not.toContain(FLEET_KEY);
    expect(tools.to(FLEET).at(-1)?.headers['x-api-key']).toBe(FLEET_KEY);
  });

  it.each<[string, Reply, string]>([
    ['a refusal', { status: 403, body: { error: `no such key ${FLEET_KEY}` } }, 'rejected'],
    ['another thing than a list', { status: 200, body: { data: { id: 'north' } } }, 'provider_error'],
    ['a web page', { status: 200, body: '<html><body>Sign in</body></html>' }, 'provider_error'],
    ['an illness', { status: 503, body: {} }, 'provider_error'],
    ['too many requests', { status: 429, body: {} }, 'rate_limited'],
  ])('where it answers with %s are none, and why is said without the key', async (_, reply, kind) => {
    const refused = await ask({}, 'fleet', reply);
    expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, kind]);
    expect(refused.text).not.toContain(FLEET_KEY);
  });

  it('are asked for at no address that this server does not call', async () => {
    for (const host of ['169.254.169.254', '127.0.0.1', '10.0.0.1']) {
      const denied = await ask({ credentials: { host, api_key: FLEET_KEY } });
      expect([denied.status, denied.json?.code], denied.text).toEqual([422, 'egress_denied']);
    }
  });

  it('are of fields that are listed, of tools that are there, and asked for with what is needed', async () => {
    const unlisted = await ask({ field: 'api_key' });
    expect([unlisted.status, unlisted.json.fields[0].path]).toEqual([400, 'field']);
    expect((await ask({}, 'nothing-like-it')).status).toBe(404);
    const without = await ask({ credentials: { host: 'fleet.example' } });
    expect([without.status, without.json.fields[0].path]).toEqual([400, 'credentials.api_key']);
    const more = await ask({ credentials: { host: 'fleet.example', api_key: FLEET_KEY, more: 'x' } });
    expect([more.status, more.json.fields[0].path]).toEqual([400, 'credentials.more']);
  });

  it('are asked for so often by one caller and no more, so that nobody tries out keys with it', async () => {
    const { headers } = await app.token();
    const caller = app.as(headers);
    instead.set(FLEET, fine);
    const body = { credentials: { host: 'fleet.example', api_key: FLEET_KEY }, field: 'depot' };
    const asks = Array.from({ length: 24 }, () => caller.post('/v1/integrations/fleet/choices', body));
    const statuses = (await Promise.all(asks)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  });
});

describe('key files that are looked at before they are saved', () => {
  it('are so many of one caller at once and no more, so that looking at them holds up nobody else', async () => {
    const { headers } = await app.token();
    const caller = app.as(headers);
    const body = { credentials: { host: 'fleet.example', api_key: FLEET_KEY } };
    const asks = Array.from({ length: 200 }, () => caller.post('/v1/integrations/fleet/recognise', body));
    const statuses = (await Promise.all(asks)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
  });
});
