import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { loadCatalog } from '../load.ts';
import { ADDRESS_STAMP, fixedFields, resolveBaseUrl } from '../requests/base-url.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-stamps-'));
  for (const name of ['comes-along', 'mine']) mkdirSync(join(home, name));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function stampWith(comesAlong: string | null, mine: string | null): Promise<string | undefined> {
  for (const [folder, text] of [
    ['comes-along', comesAlong],
    ['mine', mine],
  ] as const) {
    rmSync(join(home, folder, 'acme.yaml'), { force: true });
    if (text !== null) writeFileSync(join(home, folder, 'acme.yaml'), text);
  }
  const folders = { builtIn: join(home, 'comes-along'), user: join(home, 'mine') };
  const { problems, get } = await loadCatalog({ ...folders, rememberIn: join(home, 'memory') });
  expect(problems).toEqual([]);
  const definition = get('acme');
  if (definition === undefined) throw new Error('not there');
  return fixedFields(definition)[ADDRESS_STAMP];
}

const HOSTED = GOOD.replace('https://api.acme.example/v1', 'https://{host}/v1').replace(
  'auth:',
  'connection_fields: [{ name: host, label: Host, kind: host, default: api.acme.example, host_suffixes: [.acme.example] }]\nauth:',
);

const SIGN_IN = `  - type: oauth2
    authorize_url: https://api.acme.example/authorize
    token_url: https://api.acme.example/crm/token
`;

test('a file of ones own that leads where what comes along leads keeps the credentials, with other words, headers and requests', async () => {
  expect(await stampWith(GOOD, null)).toBeUndefined();
  for (const [from, to] of [
    ['Knows everything', 'Knows much'],
    ['docs_url: https://acme.example', 'docs_url: https://docs.elsewhere.example'],
    ['api.acme.example/v1', 'api.acme.example/v2'],
    ['path: /me', 'path: /whoami'],
    ['name: X-Key, value: "', 'name: Authorization, value: "Bearer '],
    ['    label: Find\n', '    label: Find\n    base_url: https://api.acme.example/v1/search\n'],
  ] as const) {
    expect(GOOD).toContain(from);
    expect(await stampWith(GOOD, GOOD.replace(from, to)), to).toBeUndefined();
  }
});

test.each([
  [
    'its address',
    GOOD,
    (text: string) => text.replace('https://api.acme.example', 'https://api.evil.example'),
  ],
  [
    'the port',
    GOOD,
    (text: string) => text.replace('https://api.acme.example', 'https://api.acme.example:8443'),
  ],
  [
    'the check',
    GOOD,
    (text: string) => text.replace('probe:\n', 'probe:\n  base_url: https://evil.example\n'),
  ],
  [
    'an action',
    GOOD,
    (text: string) =>
      text.replace('    label: Find\n', '    label: Find\n    base_url: https://evil.example\n'),
  ],
  ['the path', GOOD, (text: string) => text.replace('api.acme.example/v1', 'api.acme.example/v1/crm')],
  [
    'the path of an action',
    GOOD.replace('acme.example/v1', 'acme.example/crm'),
    (text: string) =>
      text.replace('    label: Find\n', '    label: Find\n    base_url: https://api.acme.example/crm2\n'),
  ],
  [
    'the path of where tokens come from',
    GOOD.replace('acme.example/v1', 'acme.example/crm').replace(
      / {2}- type: api_key[\s\S]*?(?=probe:)/,
      SIGN_IN,
    ),
    (text: string) => text.replace('/crm/token', '/other/token'),
  ],
  ['a parameter', GOOD, (text: string) => text.replace('in: header, name: X-Key', 'in: query, name: q')],
  [
    'a body',
    GOOD.replaceAll('method: GET', 'method: POST'),
    (text: string) => text.replace('in: header, name: X-Key', 'in: body, name: text'),
  ],
  ['the usual host', HOSTED, (text: string) => text.replace('default: api.', 'default: evil.')],
  ['what hosts may end in', HOSTED, (text: string) => text.replace('[.acme.example]', '[.example]')],
])(
  'with another place in %s it has a stamp of its own, the same at each start',
  async (_, before, change) => {
    const changed = change(before);
    expect(changed).not.toBe(before);
    const stamp = await stampWith(before, changed);
    expect(stamp).toMatch(/^file:[\w-]{22}$/);
    expect(await stampWith(before, changed)).toBe(stamp);
    expect(await stampWith(null, before)).not.toBe(stamp);
    expect(await stampWith(before, before)).toBeUndefined();
  },
);

test('what was entered under a file of ones own is good where that comes along, with the same places alone', async () => {
  const stamp = await stampWith(null, GOOD);
  for (const [comesAlong, mine, kind] of [
    [GOOD, null, 'ready'],
    [GOOD, GOOD, 'ready'],
    [GOOD.replace('https://api.acme', 'https://eu.acme'), null, 'unfit'],
  ] as const) {
    await stampWith(comesAlong, mine);
    const folders = { builtIn: join(home, 'comes-along'), user: join(home, 'mine') };
    const { get } = await loadCatalog({ ...folders, rememberIn: join(home, 'memory') });
    const definition = get('acme');
    if (definition === undefined || stamp === undefined) throw new Error('not there');
    expect(resolveBaseUrl(definition, { [ADDRESS_STAMP]: stamp })).toMatchObject({ kind });
  }
});

test('what was entered under another stamp, under none, or under one that is gone makes no address', () => {
  const source = { baseUrl: 'https://api.acme.example', connectionFields: [] };
  const stamped = {
    ...source,
    connectionFields: [
      { name: ADDRESS_STAMP, label: 'Address', kind: 'text' as const, required: true, fixed: 'file:one' },
    ],
  };
  expect(resolveBaseUrl(stamped, { [ADDRESS_STAMP]: 'file:one' })).toMatchObject({ kind: 'ready' });
  expect(resolveBaseUrl(source, {})).toMatchObject({ kind: 'ready' });
  for (const [where, values] of [
    [stamped, {}],
    [stamped, { [ADDRESS_STAMP]: 'file:two' }],
    [source, { [ADDRESS_STAMP]: 'file:one' }],
  ] as const)
    expect(resolveBaseUrl(where, values)).toMatchObject({ kind: 'unfit', name: ADDRESS_STAMP });
});

test('a field that is secret in what comes along is secret in a file of ones own, whatever that says', async () => {
  const pair = GOOD.replace(
    '- { name: api_key, label: API key }',
    '- { name: api_key, label: API key }\n      - { name: app, label: App }',
  ).replace('send:\n', 'send:\n      - { in: header, name: X-App, value: "{app}" }\n');
  await stampWith(pair, pair.replace('label: App }', 'label: App, secret: false }'));
  const folders = { builtIn: join(home, 'comes-along'), user: join(home, 'mine') };
  const { get } = await loadCatalog({ ...folders, rememberIn: join(home, 'memory') });
  expect(get('acme')?.auth).toMatchObject([
    {
      fields: [
        { name: 'api_key', secret: true },
        { name: 'app', secret: true },
      ],
    },
  ]);
});
