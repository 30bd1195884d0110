import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

test('a path that leads nowhere, no path at all and an unknown option are answered with how it is used', async () => {
  await expect(check(['/nowhere'])).rejects.toThrow('There is no file or folder /nowhere.');
  await expect(check([])).rejects.toThrow('or set KEYRAIL_CATALOG_DIR');
  await expect(check([folder, '--all'])).rejects.toThrow('There is no option --all.');
});
