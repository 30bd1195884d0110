import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { catalogFolder } from '../../catalog/built-in.ts';
import { openBench } from '../../trials/bench.ts';
import { checkFile } from '../../trials/check-file.ts';
import { text } from './markdown.ts';
import { integrationPages } from './pages.ts';

const folder = fileURLToPath(new URL('../../../../docs/integrations/', import.meta.url));

test('each catalog file has its document as it is now; npm run docs:integrations writes them', async () => {
  const { pages, problems } = await integrationPages(catalogFolder);
  expect(problems).toEqual([]);
  const written = readdirSync(folder);
  const outdated = [...new Set([...pages.keys(), ...written])].filter(
    (name) => !written.includes(name) || readFileSync(`${folder}${name}`, 'utf8') !== pages.get(name),
  );
  expect(outdated, 'docs/integrations is behind the catalog: npm run docs:integrations').toEqual([]);
});

test('signs of Markdown and HTML in a file are text in its document', () => {
  expect(text('a | b <img src=x> [x](y) *z*\n# head')).toBe(
    'a \\| b \\<img src=x> \\[x\\](y) \\*z\\* # head',
  );
});

test('the example of CONTRIBUTING.md passes what every file passes, and fails in the way that is told there', async () => {
  const contributing = readFileSync(`${folder}../../CONTRIBUTING.md`, 'utf8');
  const example = /```yaml\n([\s\S]+?)```/.exec(contributing)?.[1] ?? '';
  expect(example).toContain(', expect: any }');
  const bench = await openBench();
  try {
    const check = async (text: string) =>
      (await checkFile(bench, { file: 'readwise.yaml', text }, { origin: 'built_in' })).problems;
    expect(await check(example)).toEqual([]);
    expect(await check(example.replace(', expect: any }', ' }'))).toEqual([
      expect.objectContaining({ message: expect.stringContaining('its answer was empty') }),
    ]);
  } finally {
    await bench.close();
  }
});
