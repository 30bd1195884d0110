import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { loadCatalog } from '../load.ts';
import { noSuchIntegration } from '../no-such-integration.ts';

let home: string;
let user: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-bad-'));
  user = join(home, 'mine');
  for (const name of ['mine', 'comes-along']) mkdirSync(join(home, name));
  writeFileSync(join(home, 'comes-along', 'steady.yaml'), GOOD.replaceAll('acme', 'steady'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(home, { recursive: true, force: true });
});

const load = () =>
  loadCatalog({ builtIn: join(home, 'comes-along'), user, rememberIn: join(home, 'memory') });
const put = (name: string, text: string | Buffer) => writeFileSync(join(user, name), text);
const slugs = async () => (await load()).list().map(({ slug }) => slug);
/** As `file:line message`. */
const problems = async () =>
  (await load()).problems.map(({ file, line, message }) => `${basename(file)}:${line} ${message}`);

describe('a regular expression of a file of ones own', () => {
  const withPattern = (pattern: string) =>
    GOOD.replace('label: API key }', () => `label: API key, pattern: '${pattern}' }`);

  test('that explodes is refused at its line, also where the instant check takes it', async () => {
    put('slow.yaml', withPattern('^a*a*a*$'));
    put('fine.yaml', withPattern('^[a-z]+-[0-9]+$').replace('slug: acme', 'slug: fine'));
    put(
      'counted.yaml',
      withPattern(`${'a?'.repeat(25)}${'a'.repeat(25)}`).replace('slug: acme', 'slug: counted'),
    );
    expect(await problems()).toEqual([
      'counted.yaml:12 The regular expression has too many optional or counted parts (?, {1,9}); on some texts it would run for very long.',
      expect.stringMatching(/^slow\.yaml:12 The regular expression explodes/),
    ]);
    expect((await slugs()).sort()).toEqual(['fine', 'steady']);
    // What is remembered is not analysed again.
    expect(await problems()).toHaveLength(2);
  });

  test('that nobody can tell of is refused at its line, and not looked at again by the next start', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    put('odd.yaml', withPattern('(?i:a)b*'));
    const told = await problems();
    expect(told).toEqual([expect.stringMatching(/^odd\.yaml:12 It could not be told in time whether/)]);
    const memory = () =>
      readdirSync(join(home, 'memory'))
        .filter((name) => name.includes('-user-'))
        .map((name) => statSync(join(home, 'memory', name)).ino);
    const before = memory();
    expect(await problems()).toEqual(told);
    expect(memory()).toEqual(before);
  });
});

describe('a folder of ones own', () => {
  test('with all that files can be is read as far as it can', async () => {
    put('good.yaml', GOOD);
    put('LOUD.YML', GOOD.replace('slug: acme', 'slug: loud'));
    put('wide.yaml', Buffer.from(`\uFEFF${GOOD.replace('slug: acme', 'slug: wide')}`, 'utf16le'));
    put('binary.yaml', Buffer.concat([Buffer.from('slug: acme\nname: '), Buffer.from([0xff, 0xfe, 0x00])]));
    put('mark.yaml', `\uFEFF${GOOD.replace('slug: acme', 'slug: mark')}`);
    put('a name\n\u001b[2J (1).yaml', GOOD.replace('slug: acme', 'slug: odd-name'));
    put('.#good.yaml', 'what an editor leaves');
    put('._good.yaml', Buffer.from([0, 5, 22, 7]));
    put('notes.md', '# notes');
    put('large.yaml', '');
    truncateSync(join(user, 'large.yaml'), 10_000_000_000);
    mkdirSync(join(user, 'folder.yaml'));
    symlinkSync(join(home, 'nowhere'), join(user, 'nowhere.yaml'));
    symlinkSync(join(user, 'loop.yaml'), join(user, 'loop.yaml'));
    symlinkSync('/dev/zero', join(user, 'zero.yaml'));
    execFileSync('mkfifo', [join(user, 'pipe.yaml')]);
    const expected = [
      'binary.yaml:2 The file is not text in UTF-8. Save it as such.',
      'folder.yaml:1 This is not a file.',
      'large.yaml:1 The file is larger than 256 KB.',
      'loop.yaml:1 The file cannot be read (a link that leads back to itself).',
      'nowhere.yaml:1 The file cannot be read (there is none of this name).',
      'pipe.yaml:1 This is not a file.',
      'wide.yaml:1 The file is not text in UTF-8. Save it as such.',
      'zero.yaml:1 This is not a file.',
    ];
    for (const _ of ['read', 'remembered']) {
      expect(await problems()).toEqual(expected);
      expect((await slugs()).sort()).toEqual(['acme', 'loud', 'mark', 'odd-name', 'steady']);
    }
  });

  test.skipIf(process.getuid?.() === 0)(
    'with a file that may not be read names it, until it may',
    async () => {
      put('good.yaml', GOOD);
      chmodSync(join(user, 'good.yaml'), 0o000);
      expect(await problems()).toEqual([
        'good.yaml:1 The file cannot be read (the user that the server runs as may not).',
      ]);
      chmodSync(join(user, 'good.yaml'), 0o600);
      expect((await slugs()).sort()).toEqual(['acme', 'steady']);
    },
  );

  test('with a copy of a file beside it takes the one that is called as it should, whichever comes first by name', async () => {
    put('acme.yaml', GOOD);
    put('acme-copy.yaml', GOOD.replace('name: Acme', 'name: Copy'));
    put('zz.yaml', GOOD.replace('name: Acme', 'name: Last'));
    expect((await load()).get('acme')?.name).toBe('Acme');
    expect(await problems()).toEqual([
      'acme-copy.yaml:1 "acme" is already described in acme.yaml. Rename one, or remove it.',
      'zz.yaml:1 "acme" is already described in acme.yaml. Rename one, or remove it.',
    ]);
  });

  test('with a broken file is hinted at by what the file is called, and by the slug it says it has', async () => {
    put('a.yaml', GOOD.replace('slug: acme', 'slug: misnamed').replace('category: Data', 'category: 7'));
    put('b.yaml', GOOD.replace('slug: acme', "slug: 'no-yaml' # ours").replace('auth:', 'auth: ]'));
    put('c.yaml', JSON.stringify({ slug: 'as-json', name: 7 }, null, 2));
    put('d.yaml', Buffer.from([0xff, 0xfe]));
    put('acme.yaml', GOOD);
    for (const _ of ['read', 'remembered']) {
      const catalog = await load();
      for (const named of ['misnamed', 'no-yaml', 'as-json', 'a', 'd'])
        expect(noSuchIntegration(catalog, named)).toContain('A file for it is left out');
      for (const named of ['acm', 'slug', 'data'])
        expect(noSuchIntegration(catalog, named)).not.toContain('left out');
    }
  });

  test('that is none, or a file, is named, and what comes along is there', async () => {
    rmSync(user, { recursive: true });
    expect(await problems()).toEqual(['mine:1 The folder cannot be read (there is none of this name).']);
    writeFileSync(user, 'slug: acme');
    expect(await problems()).toEqual(['mine:1 The folder cannot be read (what has this name is no folder).']);
    expect(await slugs()).toEqual(['steady']);
  });

  test('with too many files is read up to a number, and that is said', async () => {
    for (let index = 0; index < 2_003; index++)
      symlinkSync(join(home, 'nowhere'), join(user, `f${index}.yaml`));
    put('a.yaml', GOOD);
    put('z.yaml', GOOD.replace('slug: acme', 'slug: last'));
    const found = await load();
    expect(found.problems[0]?.message).toMatch(
      /^There are 2005 files in this folder; the first 2000 by name are read/,
    );
    expect(found.get('acme')).toBeDefined();
    expect(found.get('last')).toBeUndefined();
  });

  test('with more in it than can be read in some seconds is read up to a size, and that is said', async () => {
    const large = `${GOOD}# ${'x'.repeat(240_000)}`;
    for (let index = 0; index < 90; index++)
      put(`f${10 + index}.yaml`, large.replace('slug: acme', `slug: f${10 + index}`));
    const found = await load();
    expect(found.problems.map(({ message }) => message)).toEqual([
      'The files in this folder are more than 20 MB together; the first 87 by name are read. Take away what is not used.',
    ]);
    expect(found.list()).toHaveLength(88);
  });

  test('with a file of more parts than can be read in a moment names it and the line, and reads the others', async () => {
    put('slow.yaml', `${GOOD}oddities: [${'[],\n'.repeat(10_100)}]`);
    put('acme.yaml', GOOD);
    expect(await problems()).toEqual([
      expect.stringMatching(
        /^slow\.yaml:1\d{4} The file has more than 40,000 parts \(.*Take away what is not used\.$/,
      ),
    ]);
    expect((await slugs()).sort()).toEqual(['acme', 'steady']);
  });

  test('with more that is new than one start reads goes on with the next, and says where', async () => {
    const full = `${GOOD}# ${','.repeat(39_000)}`;
    for (let index = 0; index < 67; index++)
      put(`f${10 + index}.yaml`, full.replace('slug: acme', `slug: f${10 + index}`));
    const first = await load();
    expect(first.problems.map(({ file, message }) => `${basename(file)} ${message}`)).toEqual([
      'f73.yaml This file and 3 behind it are not read yet: more is new in this folder than one start reads. The next start goes on here; take away what is not used.',
    ]);
    expect(first.list()).toHaveLength(64);
    const second = await load();
    expect(second.problems).toEqual([]);
    expect(second.list()).toHaveLength(68);
  });

  test('is read at the start: what changes afterwards changes nothing until the next', async () => {
    put('acme.yaml', GOOD);
    const running = await load();
    put('acme.yaml', 'no catalog file any more');
    expect(running.get('acme')?.name).toBe('Acme');
    unlinkSync(join(user, 'acme.yaml'));
    expect(running.get('acme')?.name).toBe('Acme');
    expect((await load()).get('acme')).toBeUndefined();
  });

  test('overrides what comes along; with its file gone or broken that is there again', async () => {
    const own = GOOD.replaceAll('acme', 'steady').replace('name: Acme', 'name: My own');
    put('steady.yaml', own);
    utimesSync(join(user, 'steady.yaml'), 1_700_000_000, 1_700_000_000);
    for (const _ of ['read', 'remembered']) {
      const catalog = await load();
      expect(catalog.entry('steady')?.name).toBe('My own');
      expect(catalog.get('steady')?.name).toBe('My own');
      expect(catalog.list()).toHaveLength(1);
    }
    put('steady.yaml', own.replace('category: Data', 'category: 7'));
    expect((await load()).get('steady')?.name).toBe('Acme');
    put('steady.yaml', own);
    expect((await load()).get('steady')?.name).toBe('My own');
  });
});
