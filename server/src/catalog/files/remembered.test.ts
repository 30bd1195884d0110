import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { catalogFolder } from '../built-in.ts';
import type { Catalog } from '../catalog.ts';
import { GOOD } from '../file-under-test.ts';
import { type CatalogFolders, loadCatalog } from '../load.ts';
import { isSame } from './folder-files.ts';
import { openPack } from './pack.ts';
import { readDefinition } from './read-definition.ts';
import { programFiles, type Remembered } from './remembered.ts';

let home: string;
let folder: string;
let folders: CatalogFolders & { rememberIn: string };
beforeEach(() => {
  // Files were written a while ago, as they are where nobody is writing them.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  home = mkdtempSync(join(tmpdir(), 'keyrail-catalog-'));
  folder = join(home, 'files');
  mkdirSync(folder);
  folders = { builtIn: folder, rememberIn: join(home, 'memory') };
  for (const name of ['Hunter', 'Apollo', 'GitHub']) describe(name);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(home, { recursive: true, force: true });
});

const describe = (name: string) =>
  writeFileSync(
    join(folder, `${name.toLowerCase()}.yaml`),
    GOOD.replace('slug: acme', `slug: ${name.toLowerCase()}`).replace('name: Acme', `name: ${name}`),
  );
const memory = () =>
  join(folders.rememberIn, readdirSync(folders.rememberIn).find((name) => name.endsWith('.pack')) ?? '');
const nameOf = (catalog: Catalog, slug: string) => catalog.get(slug)?.name;
const rename = (slug: string, from: string, to: string) => {
  const file = join(folder, `${slug}.yaml`);
  writeFileSync(file, readFileSync(file, 'utf8').replace(`name: ${from}\n`, `name: ${to}\n`));
};
/** Times of long ago: as of files that nobody is writing. */
const settle = (at = 1_700_000_000) => {
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), at, at);
};

test('what is remembered is what the files say, to the last field', async () => {
  for (const name of ['hunter.yaml', 'github.yaml', 'salesforce.yaml'])
    cpSync(join(catalogFolder, name), join(folder, name));
  for (const _ of ['read', 'remembered']) {
    const catalog = await loadCatalog(folders);
    for (const name of readdirSync(folder)) {
      const { definition } = readDefinition(name, readFileSync(join(folder, name), 'utf8'));
      expect(catalog.get(definition?.slug ?? '')).toStrictEqual(JSON.parse(JSON.stringify(definition)));
      expect(catalog.entry(definition?.slug ?? '')).toMatchObject({ name: definition?.name });
    }
    expect(catalog.list()).toHaveLength(4);
  }
});

test('a changed, an added and a removed file are noticed, each by itself', async () => {
  await loadCatalog(folders);
  rename('hunter', 'Hunter', 'Gatherer');
  expect(nameOf(await loadCatalog(folders), 'hunter')).toBe('Gatherer');
  describe('Slack');
  rmSync(join(folder, 'apollo.yaml'));
  const catalog = await loadCatalog(folders);
  expect(catalog.list().map(({ name }) => name)).toEqual(['Gatherer', 'GitHub', 'Slack']);
  expect(nameOf(catalog, 'slack')).toBe('Slack');
  expect(catalog.get('apollo')).toBeUndefined();
  rmSync(join(folder, 'slack.yaml'));
  expect((await loadCatalog(folders)).get('slack')).toBeUndefined();
});

test('a change that leaves size and time of the file as they were is noticed', async () => {
  settle();
  await loadCatalog(folders);
  rename('hunter', 'Hunter', 'Hinter');
  settle();
  expect(nameOf(await loadCatalog(folders), 'hunter')).toBe('Hinter');
});

test('files that have other times and the same text are not parsed again, and one that was just written is looked at once more', async () => {
  vi.useRealTimers();
  await loadCatalog(folders);
  const of = (slug: string) =>
    openPack<Remembered>(memory())?.index.files.find((file) => file.entry?.slug === slug);
  expect(of('hunter')?.stamp).toBeNull();
  settle(1_600_000_000);
  const before = of('hunter');
  await loadCatalog(folders);
  expect(of('hunter')).toMatchObject({ sum: before?.sum, place: before?.place });
});

test('where nothing changed nothing is written', async () => {
  await loadCatalog(folders);
  const before = statSync(memory());
  const catalog = await loadCatalog(folders);
  expect(statSync(memory()).ino).toBe(before.ino);
  expect(catalog.list()).toHaveLength(3);
  expect(nameOf(catalog, 'hunter')).toBe('Hunter');
});

test('a change of anything about a file is a change, also where its size and the time of its change were set back', () => {
  const stamp = { size: 10, modified: 1_000, changed: 1_000 };
  expect(isSame(stamp, { ...stamp })).toBe(true);
  for (const other of [{ size: 11 }, { modified: 1_001 }, { changed: 1_001 }])
    expect(isSame(stamp, { ...stamp, ...other })).toBe(false);
  expect(isSame(stamp, null)).toBe(false);
});

test('the memory of what comes along may be read by whoever runs what another installed, that of ones own files by nobody else', async () => {
  await loadCatalog({ ...folders, user: folder });
  const modes = readdirSync(folders.rememberIn).map((name) => [
    name.replace(/-[^-]*$/, ''),
    (statSync(join(folders.rememberIn, name)).mode & 0o777).toString(8),
  ]);
  expect(Object.fromEntries(modes)).toEqual({ 'catalog-built_in': '644', 'catalog-user': '600' });
});

test('what another program said of the files counts for nothing', async () => {
  await loadCatalog(folders);
  const text = readFileSync(memory(), 'latin1');
  const head = text.slice(0, 64);
  const index = JSON.parse(text.slice(64, 64 + Number(head.split(' ')[2])));
  index.code = { stamp: '', sum: 'of another program' };
  index.files[0].entry.name = 'What another program read';
  const { writePack } = await import('./pack.ts');
  writePack(memory(), index, [Buffer.from(text.slice(64 + Number(head.split(' ')[2])), 'latin1')]);
  expect((await loadCatalog(folders)).list().map(({ name }) => name)).toEqual(['Apollo', 'GitHub', 'Hunter']);
});

test('all of what decides on a file counts as the program that read it', () => {
  for (const name of ['definition.ts', 'checks/check-definition.ts', 'requests/template.ts', 'files/pack.ts'])
    expect(programFiles()).toContain(fileURLToPath(new URL(`../${name}`, import.meta.url)));
  expect(programFiles().filter((file) => file.endsWith('.test.ts'))).toEqual([]);
});

test.each([
  ['cut off in its texts', (file: string) => truncateSync(file, statSync(file).size - 10)],
  ['cut off in its index', (file: string) => truncateSync(file, 100)],
  ['empty', (file: string) => truncateSync(file, 0)],
  ['longer', (file: string) => appendFileSync(file, 'x')],
  ['edited in its index', (file: string) => edit(file, '"Hunter"', '"Hinter"', 1)],
  ['edited in its texts', (file: string) => edit(file, '"Hunter"', '"Hinter"', 2)],
  ['no pack', (file: string) => writeFileSync(file, '{"key":"x","definitions":[]}')],
  [
    'a folder',
    (file: string) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
])('a memory that is %s is no memory, and the files are read', async (_, damage) => {
  settle();
  await loadCatalog(folders);
  const { size } = statSync(memory());
  damage(memory());
  for (const _again of [1, 2]) {
    const catalog = await loadCatalog(folders);
    expect(catalog.problems).toEqual([]);
    expect(nameOf(catalog, 'hunter')).toBe('Hunter');
    expect(catalog.entry('hunter')?.name).toBe('Hunter');
    if (_ !== 'a folder') expect(statSync(memory()).size).toBe(size);
  }
});

function edit(file: string, from: string, to: string, nth: number): void {
  const text = readFileSync(file, 'latin1');
  let at = -1;
  for (let count = 0; count < nth; count++) at = text.indexOf(from, at + 1);
  expect(at).toBeGreaterThan(0);
  writeFileSync(file, text.slice(0, at) + to + text.slice(at + from.length), 'latin1');
}

test('a running server goes on with what it read, whatever becomes of its memory', async () => {
  settle();
  await loadCatalog(folders);
  const running = await loadCatalog(folders);
  const other = await loadCatalog(folders);
  rename('hunter', 'Hunter', 'Gatherer');
  expect(nameOf(await loadCatalog(folders), 'hunter')).toBe('Gatherer');
  expect(nameOf(running, 'hunter')).toBe('Hunter');
  rmSync(folders.rememberIn, { recursive: true });
  expect(nameOf(other, 'hunter')).toBe('Hunter');
  expect(nameOf(other, 'apollo')).toBe('Apollo');
});

test('a memory that is overwritten under a running server is not believed: the file is read', async () => {
  settle();
  await loadCatalog(folders);
  const running = await loadCatalog(folders);
  const size = statSync(memory()).size;
  writeFileSync(memory(), 'x'.repeat(size));
  expect(nameOf(running, 'hunter')).toBe('Hunter');
  truncateSync(memory(), 0);
  expect(nameOf(running, 'apollo')).toBe('Apollo');
});

test('and a file that is another one by then is not read: nobody checked it', async () => {
  settle();
  await loadCatalog(folders);
  for (const change of [
    (file: string) =>
      writeFileSync(file, readFileSync(file, 'utf8').replace('api.acme.example', 'api.evil.example')),
    (file: string) => rmSync(file),
    (file: string) => {
      rmSync(file);
      mkdirSync(file);
    },
  ]) {
    const running = await loadCatalog(folders);
    const file = join(folder, 'hunter.yaml');
    const before = readFileSync(file);
    writeFileSync(memory(), 'x'.repeat(statSync(memory()).size));
    change(file);
    expect(running.get('hunter')).toBeUndefined();
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, before);
    await loadCatalog(folders);
  }
});

test('where no memory can be written everything is there all the same', async () => {
  writeFileSync(join(home, 'memory'), 'a file where the folder would be');
  for (const _ of [1, 2]) {
    const catalog = await loadCatalog(folders);
    expect(catalog.list()).toHaveLength(3);
    expect(nameOf(catalog, 'hunter')).toBe('Hunter');
  }
});

test('many that read and write at once all have the whole of it, and leave nothing behind but one memory', async () => {
  const all = await Promise.all(Array.from({ length: 12 }, () => loadCatalog(folders)));
  for (const catalog of all) expect(catalog.list().map((one) => nameOf(catalog, one.slug))).toHaveLength(3);
  expect(readdirSync(folders.rememberIn)).toHaveLength(1);
});

test('memories of folders that are not read any more make way', async () => {
  mkdirSync(folders.rememberIn);
  for (let index = 0; index < 20; index++) {
    const name = join(folders.rememberIn, `catalog-user-${String(index).padStart(20, '0')}.pack`);
    writeFileSync(name, '');
    utimesSync(name, 1_700_000_000 + index, 1_700_000_000 + index);
  }
  await loadCatalog(folders);
  const names = readdirSync(folders.rememberIn);
  expect(names).toHaveLength(17);
  expect(names).toContain(`catalog-user-${'19'.padStart(20, '0')}.pack`);
  expect(names).not.toContain(`catalog-user-${'3'.padStart(20, '0')}.pack`);
});

test('what a writer left that was killed is taken away when it is old', async () => {
  mkdirSync(folders.rememberIn);
  const left = join(folders.rememberIn, 'catalog-0123.pack.89abcdef.partial');
  const fresh = join(folders.rememberIn, 'catalog-0123.pack.01234567.partial');
  writeFileSync(left, 'half');
  writeFileSync(fresh, 'half');
  utimesSync(left, 1_700_000_000, 1_700_000_000);
  await loadCatalog(folders);
  expect([existsSync(left), existsSync(fresh)]).toEqual([false, true]);
});

test('a problem is remembered with its place, and gone when the file is mended', async () => {
  settle();
  appendFileSync(join(folder, 'hunter.yaml'), '\nno_such_field: true\n');
  settle();
  const line = readFileSync(join(folder, 'hunter.yaml'), 'utf8').split('\n').length - 1;
  for (const _ of [1, 2]) {
    const { problems } = await loadCatalog(folders);
    expect(problems).toMatchObject([{ file: join(folder, 'hunter.yaml'), line, column: 1 }]);
  }
  describe('Hunter');
  expect((await loadCatalog(folders)).problems).toEqual([]);
});

test('no more definitions are in memory than 256, and the least used make way', async () => {
  for (let number = 0; number < 258; number++) describe(`H${number}`);
  const catalog = await loadCatalog(folders);
  const first = catalog.get('h0');
  const second = catalog.get('h1');
  expect(catalog.get('h0')).toBe(first);
  for (let number = 2; number < 257; number++) catalog.get(`h${number}`);
  expect(catalog.get('h0')).toBe(first);
  expect(catalog.get('h1')).not.toBe(second);
  expect(catalog.get('h1')).toStrictEqual(second);
});
