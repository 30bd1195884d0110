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

test('a file of ones own that leads where what comes along leads keeps the credentials; so do its pages, paths and words', async () => {
  expect(await stampWith(GOOD, null)).toBeUndefined();
  const mine = GOOD.replace('Knows everything', 'Knows much')
    .replace('docs_url: https://acme.example', 'docs_url: https://docs.elsewhere.example')
    .replace('api.acme.example/v1', 'api.acme.example/v2');
  expect(await stampWith(GOOD, mine)).toBeUndefined();
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
