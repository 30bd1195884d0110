import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { catalogCheck } from './catalog-check.ts';

const fileOf = (slug: string, header = 'X-Api-Key') => `slug: ${slug}
name: Acme
category: Anvils
description: Knows everything about anvils.
homepage: https://acme.example
docs_url: https://acme.example/docs
icon: { text: A, color: "#112233" }
base_url: https://api.acme.example
auth:
  - type: api_key
    fields: [{ name: api_key, label: API key }]
    send: [{ in: header, name: ${header}, value: "{api_key}" }]
    key_help: { location: Settings > API }
probe: { request: { method: GET, path: /me } }
examples:
  - { of: probe, status: 400, means: MEANS }
sources: [{ at: https://acme.example/docs, for: [auth] }]
checked: 2026-11-21
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-files-'));
  writeFileSync(join(folder, 'good.yaml'), fileOf('acme').replace('MEANS', 'provider_error'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const check = (args: string[], environment: Record<string, string> = {}) =>
  catalogCheck.run({ config: readConfig({ HOME: folder, ...environment }) }, args);

test('a file with nothing wrong in it is said to be well, in the folder of the settings and where it is named', async () => {
  for (const given of [check([], { KEYRAIL_CATALOG_DIR: folder }), check([join(folder, 'good.yaml')])]) {
    const { text, code } = await given;
    expect(text).toMatch(
      /^ok {7}.*good\.yaml \(\d+ answers played\)\n\n1 file, \d+ answers played: all is well\.$/,
    );
    expect(code).toBe(0);
  }
});

test('what is wrong is said with file and line, of every file, and the command ends with 1', async () => {
  writeFileSync(join(folder, 'rejected.yaml'), fileOf('bcme').replace('MEANS', 'rejected'));
  writeFileSync(join(folder, 'twin.yaml'), fileOf('acme').replace('MEANS', 'provider_error'));
  writeFileSync(join(folder, 'typo.yaml'), fileOf('typo').replace('MEANS', 'reject'));
  const { text, code } = await check([folder]);
  expect(text).toMatch(/ok {7}.*good\.yaml/);
  expect(text).toMatch(
    /rejected\.yaml:16:5: Example 1 \(probe, 400\) must mean rejected, .*says provider_error/,
  );
  expect(text).toMatch(/twin\.yaml:1:7: "acme" is already described in .*good\.yaml/);
  expect(text).toMatch(/typo\.yaml:16:\d+: "means" must be one of/);
  expect(text).toMatch(/4 files, \d+ answers played: 3 have problems\.$/);
  expect(code).toBe(1);
  const { files } = JSON.parse((await check([folder, '--json'])).text) as {
    files: { problems: unknown[] }[];
  };
  expect(files.map(({ problems }) => problems.length)).toEqual([0, 1, 1, 1]);
});

test('of two files with one slug the one that is called by it is well, and the other is told', async () => {
  const twins = join(folder, 'twins');
  mkdirSync(twins);
  for (const name of ['acme-copy.yaml', 'acme.yaml'])
    writeFileSync(join(twins, name), fileOf('acme').replace('MEANS', 'provider_error'));
  const { text } = await check([twins]);
  expect(text).toMatch(/acme-copy\.yaml:1:7: "acme" is already described in .*acme\.yaml\. Rename/);
  expect(text).toMatch(/^ok .*twins\/acme\.yaml/m);
});

test('actions of which no success is documented are named, and the file is well all the same', async () => {
  const file = join(folder, 'shown.yaml');
  const action = (name: string) =>
    `  - { name: ${name}, label: F, description: F., primary: false, request: { method: GET, path: /f }, inputs: [], outputs: [{ name: id, label: Id, type: id, path: id, primary: true }], repeatable: true }`;
  const actions = `actions:\n${action('shown').replace('false', 'true')}\n${action('unshown')}\n${action('failing')}\nexamples:`;
  const shown =
    '  - { of: shown, body: { id: 1 }, gives: { id: "1" } }\n  - { of: failing, status: 500, means: provider_error }\nsources:';
  const text = fileOf('shown').replace('MEANS', 'provider_error');
  writeFileSync(file, text.replace('examples:', actions).replace('sources:', shown));
  const checked = await check([file]);
  expect(checked.text).toMatch(
    /^ok .*\n +no documented success of unshown, failing: tried with made-up ones alone\n/,
  );
  expect(checked.code).toBe(0);
  rmSync(file);
});

test('a path that leads nowhere, no path at all and an unknown option are answered with how it is used', async () => {
  await expect(check(['/nowhere'])).rejects.toThrow('There is no file or folder /nowhere.');
  await expect(check([])).rejects.toThrow('or set KEYRAIL_CATALOG_DIR');
  await expect(check([folder, '--all'])).rejects.toThrow('There is no option --all.');
});

test('what is no file, never ends, is no text, or has a name that would write on the terminal is named, and nothing waits for it', async () => {
  const odd = join(folder, 'odd');
  mkdirSync(join(odd, 'folder.yaml'), { recursive: true });
  execFileSync('mkfifo', [join(odd, 'pipe.yaml')]);
  symlinkSync('/dev/zero', join(odd, 'endless.yaml'));
  symlinkSync('/nowhere', join(odd, 'gone.yaml'));
  writeFileSync(join(odd, 'bytes.yaml'), Buffer.from([0x61, 0xff, 0xfe]));
  writeFileSync(join(odd, 'ok\u001b[2J\u009b31m\n\u202elmay.yaml'), fileOf('ansi'));
  const label = JSON.stringify('Find\nok       other.yaml (9 answers played)\r');
  const actions = `actions: [{ name: find, label: ${label}, description: Finds., primary: true, request: { method: GET, path: /x },
  inputs: [{ name: email, label: Email, type: email }], outputs: [{ name: id, label: Id, type: id, path: id, primary: false }], repeatable: true }]`;
  writeFileSync(
    join(odd, 'words.yaml'),
    fileOf('words')
      .replace('MEANS', 'provider_error')
      .replace('examples:', `${actions}\nexamples:\n  - { of: find, status: 400, means: rejected }`),
  );
  const { text, code } = await check([odd]);
  const lines = text.split('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(lines.filter((line) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.startsWith('ok'))).toEqual([]);
  for (const said of [
    'words.yaml:',
    'Find\\u{a}ok       other.yaml (9 answers played)\\u{d}',
    'folder.yaml:1:1: This is not a file.',
    'pipe.yaml:1:1: This is not a file.',
    'endless.yaml:1:1: This is not a file.',
    'gone.yaml:1:1: The file cannot be read (there is none of this name).',
    'bytes.yaml:1:1: The file is not text in UTF-8. Save it as such.',
    '\\u{1b}[2J\\u{9b}31m\\u{a}\\u{202e}lmay.yaml:16:38: "means" must be one of',
  ])
    expect(text).toContain(said);
  expect(code).toBe(1);
  const json = (await check([odd, '--json'])).text;
  expect(json).toMatch(/^[\n\x20-\x7e]+$/);
  expect(JSON.stringify(JSON.parse(json))).toContain('“Find\\nok       other.yaml (9 answers played)\\r”');
});

test('of a folder with more files than a start reads the others are left alone, and that is said', async () => {
  const full = join(folder, 'full');
  mkdirSync(full);
  for (let at = 0; at < 2_003; at++) symlinkSync('/nowhere', join(full, `f${at}.yaml`));
  const { text, code } = await check([full]);
  expect(text).toMatch(/full:1:1: There are 2003 files in this folder; the first 2000 by name are read\./);
  expect(text.match(/The file cannot be read/g)).toHaveLength(2_000);
  expect(code).toBe(1);
});

test('a file with so many rules and requests that playing them would take hours is left unplayed, and that is said', async () => {
  const rules = Array.from(
    { length: 900 },
    (_, at) => `  - { when: { status: 400, body: { path: e, equals: e${at} } }, then: rejected }`,
  );
  const actions = Array.from(
    { length: 400 },
    (_, at) =>
      `  - { name: f${at}, label: F${at}, description: F., primary: ${at === 0}, request: { method: GET, path: /f }, inputs: [], outputs: [{ name: id, label: Id, type: id, path: id, primary: true }], repeatable: true }`,
  );
  const file = join(folder, 'many.yaml');
  const more = `answers:\n${rules.join('\n')}\nactions:\n${actions.join('\n')}\nexamples:`;
  writeFileSync(file, fileOf('many').replace('MEANS', 'provider_error').replace('examples:', more));
  const before = performance.now();
  const { text } = await check([file]);
  expect(text).toContain('not tried: its answers: there are more rules and requests than are tried');
  // Playing them takes hours; a busy machine takes twenty seconds for what is done instead.
  expect(performance.now() - before).toBeLessThan(50_000);
});
