import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { GOOD } from './file-under-test.ts';
import { readDefinition } from './files/read-definition.ts';
import { type CatalogFolders, loadCatalog as load } from './load.ts';

const memory = await mkdtemp(join(tmpdir(), 'keyrail-memory-'));
afterAll(() => rm(memory, { recursive: true }));
const loadCatalog = (folders: CatalogFolders) => load({ ...folders, rememberIn: memory });

function problemsIn(text: string): string[] {
  return readDefinition('acme.yaml', text).problems.map((one) => `${one.line}:${one.column} ${one.message}`);
}

function changed(from: string, to: string): string[] {
  expect(GOOD).toContain(from);
  return problemsIn(GOOD.replace(from, () => to));
}

test('a slug as only workspaces give them is left to them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keyrail-own-'));
  await writeFile(join(folder, 'acme.yaml'), GOOD.replace('slug: acme', 'slug: custom-acme'));
  const catalog = await loadCatalog({ builtIn: folder });
  expect(catalog.get('custom-acme')).toBeUndefined();
  expect(catalog.problems[0]).toMatchObject({
    line: 1,
    message: expect.stringContaining('belongs to a workspace'),
  });
  await rm(folder, { recursive: true });
});

test('what a broken file is called cannot write on a terminal, nor look like a line of ours', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'keyrail-odd-names-'));
  for (const name of ['a\u001b[2J\u009b31m\n{"level":"fatal"}\u202elmay.yaml', 'b\u001b[2J.yaml', 'c.yaml'])
    await writeFile(join(folder, name), name.startsWith('a') ? 'slug: [' : GOOD);
  const { problems } = await loadCatalog({ builtIn: folder });
  expect(problems.map(({ file, message }) => `${file.slice(folder.length)} ${message}`)).toEqual([
    expect.stringMatching(
      /^\/a\\u\{1b\}\[2J\\u\{9b\}31m\\u\{a\}\{"level":"fatal"\}\\u\{202e\}lmay\.yaml This is not valid YAML/,
    ),
    '/c.yaml "acme" is already described in b\\u{1b}[2J.yaml. Rename one, or remove it.',
  ]);
  await rm(folder, { recursive: true });
});

test('a file as it should be has no problems', () => {
  expect(problemsIn(GOOD)).toEqual([]);
});

test.each([
  [
    'an unknown field',
    'label: Find\n',
    'label: Find\n    colour: red\n',
    '20:5 There is no field "colour" here. Remove it, or correct its name or how far it is indented.',
  ],
  ['a missing field', 'name: Acme\n', '', '1:1 "name" is missing.'],
  ['a wrong type', 'repeatable: true', 'repeatable: often', '27:17 "repeatable" must be true or false.'],
  [
    'an unknown word',
    'method: GET, path: /me',
    'method: FETCH, path: /me',
    '16:22 "method" must be one of: GET, POST, PUT, PATCH, DELETE.',
  ],
  [
    'an unknown auth method',
    'type: api_key',
    'type: api_keys',
    '10:11 "type" must be one of: api_key, basic, oauth2, oauth2_client_credentials, service_account, certificate, none.',
  ],
  ['YAML that is none', 'name: Acme\n', 'name: "Acme\n', null],
  [
    'a name that is there twice in a map',
    'name: Acme\n',
    'name: Acme\nname: Acme\n',
    '3:1 The field "name" is there twice.',
  ],
  [
    'a template that reaches outside its inputs',
    '/find/{email}',
    '/find/{phone}',
    '22:35 There is no {phone} here. Declare it, or correct the name; there is: {email}.',
  ],
  [
    'a template that reaches for a credential',
    '/find/{email}',
    '/find/{api_key}',
    '22:35 {api_key} is a credential and cannot stand in a request. How it travels is said under "send".',
  ],
  [
    'a placement that reaches outside its fields',
    '"{api_key}"',
    '"{token}"',
    '14:43 There is no {token} here. Declare it, or correct the name; there is: {api_key}.',
  ],
  [
    'a base address with a field nobody declared',
    'https://api.acme.example/v1',
    'https://{shop}.acme.example',
    '8:11 There is no {shop} here. Declare it, or correct the name.',
  ],
  [
    'a file address',
    'https://api.acme.example/v1',
    'file:///etc/passwd',
    '8:11 The address must start with https:// (or http://).',
  ],
  [
    'a user name in the address',
    'https://api.acme.example/v1',
    'https://user:pass@api.acme.example',
    '8:11 The address must not have a user name or password in it.',
  ],
  [
    'a path that steps upwards',
    'path: /me',
    'path: /a/../../me',
    '16:33 The path must not step upwards ("..").',
  ],
  [
    'a path with parameters',
    'path: /me',
    'path: "/me?x=1"',
    '16:33 "path" is not right: start with /, and put parameters under query.',
  ],
  [
    'an output path that is none',
    'path: id',
    'path: "items[id"',
    '26:48 "items[id" is no path into an answer. Write data.items[0].id.',
  ],
  [
    'no primary action',
    'primary: true',
    'primary: false',
    '18:3 Exactly one action has "primary: true"; here 0 have.',
  ],
  [
    'a rate group without windows',
    'repeatable: true',
    'repeatable: true\n    rate_group: slow',
    '28:17 No window of rate_limits has the group "slow".',
  ],
  [
    'a need for an input that is not there',
    'repeatable: true',
    'repeatable: true\n    needs: [[email, phone]]',
    '28:12 There is no input "phone".',
  ],
])('%s is refused with line and column', (_, from, to, expected) => {
  const problems = changed(from, to);
  if (expected === null) expect(problems.length).toBeGreaterThan(0);
  else expect(problems).toEqual([expected]);
});

test.each([
  'http://127.0.0.1:8080',
  'http://2130706433/',
  'http://0x7f.1',
  'https://[::1]/x',
  'https://[::ffff:7f00:1]',
  'http://10.0.0.5',
  'http://192.168.1.1',
  'http://169.254.169.254/latest',
  'http://100.64.0.1',
  'http://localhost',
  'http://localhost.:80',
  'http://a.localhost',
  'http://metadata.google.internal',
  'http://0.0.0.0',
  'http://[64:ff9b::a9fe:a9fe]',
])('the address %s of this machine or its network is refused', (address) => {
  expect(changed('https://api.acme.example/v1', address).join()).toMatch(
    /^8:11 The address .* is inside this machine or its network/,
  );
});

test('a connection field names methods that are there, and stands for a value that fits', () => {
  const withField = (lines: string) =>
    changed(
      'base_url: https://api.acme.example/v1',
      `base_url: "https://{region}.acme.example"\nconnection_fields:\n  - { name: region, label: Region, ${lines} }`,
    );
  expect(withField('methods: [api_key], default: eu')).toEqual([]);
  expect(withField('methods: [oauth2]')).toEqual([
    expect.stringContaining('There is no auth method "oauth2".'),
  ]);
  expect(withField('default: evil.example/x')).toEqual([
    expect.stringContaining('The default may have letters'),
  ]);
});

test('an action names methods that are there', () => {
  const withMethod = (name: string) =>
    changed('repeatable: true', `repeatable: true\n    methods: [${name}]`);
  expect(withMethod('api_key')).toEqual([]);
  expect(withMethod('oauth2')).toEqual([expect.stringContaining('There is no auth method "oauth2".')]);
});

test('an operator can allow one private host and port, and no other', () => {
  const text = GOOD.replace('https://api.acme.example/v1', 'http://10.0.0.5:8080/api');
  expect(readDefinition('acme.yaml', text, 'user', ['10.0.0.5:8080']).problems).toEqual([]);
  expect(readDefinition('acme.yaml', text, 'user', ['10.0.0.5:8081']).problems).toHaveLength(1);
});

test.each(['(a+)+$', '(a|a)*b', '^(\\w+\\s?)*$', '(.*)\\1', 'a(?=b)', '[', '.*.*.*x'])(
  'the regular expression %s is refused',
  (pattern) => {
    const problems = changed('label: API key }', `label: API key, pattern: '${pattern}' }`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^12:\d+ The regular expression/);
  },
);

test('patterns inside answer rules are looked at too', () => {
  const rule =
    "probe:\n  answers:\n    - { when: { body: { path: error, matches: '(x+)+y' } }, then: rejected }\n";
  expect(changed('probe:\n', rule).join()).toMatch(/^17:\d+ The regular expression repeats a group/);
});

let builtIn: string;
let user: string;
beforeEach(async () => {
  builtIn = await mkdtemp(join(tmpdir(), 'keyrail-catalog-'));
  user = await mkdtemp(join(tmpdir(), 'keyrail-catalog-'));
});
afterEach(async () => {
  await rm(builtIn, { recursive: true });
  await rm(user, { recursive: true });
});

test('the folder of a user adds to the catalog and overrides it by slug', async () => {
  await writeFile(join(builtIn, 'acme.yaml'), GOOD);
  await writeFile(join(user, 'mine.yaml'), GOOD.replace('name: Acme', 'name: My Acme'));
  await writeFile(join(user, 'other.yml'), GOOD.replace('slug: acme', 'slug: other'));
  const catalog = await loadCatalog({ builtIn, user });
  expect(catalog.problems).toEqual([]);
  expect(catalog.list().map((one) => `${one.slug} ${one.name}`)).toEqual(['other Acme', 'acme My Acme']);
});

test('a broken file of a user is left out and reported, and stops nothing', async () => {
  await writeFile(join(builtIn, 'acme.yaml'), GOOD);
  await writeFile(join(user, 'broken.yaml'), GOOD.replace('slug: acme', 'slug: Broken!'));
  await writeFile(join(user, 'worse.yaml'), '\0\0: [');
  await writeFile(join(user, 'empty.yaml'), '');
  await writeFile(join(user, 'large.yaml'), `# ${'x'.repeat(300_000)}`);
  await writeFile(join(user, 'notes.txt'), 'not a catalog file');
  const catalog = await loadCatalog({ builtIn, user });
  expect(catalog.list().map((one) => one.slug)).toEqual(['acme']);
  expect(new Set(catalog.problems.map((one) => `${one.origin} ${one.file.split('/').at(-1)}`))).toEqual(
    new Set(['user broken.yaml', 'user worse.yaml', 'user empty.yaml', 'user large.yaml']),
  );
});

test('a broken file that would override a built-in one leaves the built-in one', async () => {
  await writeFile(join(builtIn, 'acme.yaml'), GOOD);
  await writeFile(join(user, 'acme.yaml'), GOOD.replace('category: Data', 'category: 7'));
  const catalog = await loadCatalog({ builtIn, user });
  expect(catalog.get('acme')?.category).toBe('Data');
  expect(catalog.problems).toMatchObject([{ line: 3, origin: 'user' }]);
});

test('two files with one slug are reported at the slug of the second, which is left out', async () => {
  await writeFile(join(builtIn, 'a.yaml'), GOOD);
  await writeFile(join(builtIn, 'b.yaml'), GOOD.replace('name: Acme', 'name: Twin'));
  const catalog = await loadCatalog({ builtIn });
  expect(catalog.list().map((one) => one.name)).toEqual(['Acme']);
  expect(catalog.problems).toMatchObject([{ file: join(builtIn, 'b.yaml'), line: 1, column: 7 }]);
  expect(catalog.problems[0]?.message).toContain('a.yaml');
});

test('a folder that is not there is reported, and the rest loads', async () => {
  await writeFile(join(builtIn, 'acme.yaml'), GOOD);
  const catalog = await loadCatalog({ builtIn, user: join(user, 'nowhere') });
  expect(catalog.list()).toHaveLength(1);
  expect(catalog.problems).toMatchObject([
    { origin: 'user', message: 'The folder cannot be read (there is none of this name).' },
  ]);
});

test('a file of a thousand references to itself is refused instead of unfolded', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghij'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`),
  ].join('\n');
  expect(problemsIn(bomb).length).toBeGreaterThan(0);
});
