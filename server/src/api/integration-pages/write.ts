import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { integrationPages } from './pages.ts';

// npm run docs:integrations: docs/integrations/ from catalog/. What a removed file left is removed.
const folder = fileURLToPath(new URL('../../../../docs/integrations/', import.meta.url));
const { pages, problems } = await integrationPages(
  fileURLToPath(new URL('../../../../catalog/', import.meta.url)),
);
await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) if (!pages.has(name)) await rm(`${folder}${name}`);
for (const [name, text] of pages) await writeFile(`${folder}${name}`, text);
process.stdout.write(`docs/integrations: ${pages.size - 1} integrations\n`);
if (problems.length > 0) {
  process.stderr.write(`Without the files that are broken:\n${problems.join('\n')}\n`);
  process.exitCode = 1;
}
