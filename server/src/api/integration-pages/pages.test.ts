import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { catalogFolder } from '../../catalog/built-in.ts';
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
