import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogFolder } from '../server/src/catalog/built-in.ts';

const WORDS = ['Blue', 'Swift', 'Prime', 'Nova', 'Delta', 'Echo', 'Zen', 'Omni', 'Flux', 'Terra'];

/** So many files of a folder of one's own: the real ones over and over, under slugs and names of their own. */
export function generateFiles(folder: string, count: number): void {
  const names = readdirSync(catalogFolder).filter((name) => name.endsWith('.yaml'));
  const texts = names.map((name) => readFileSync(join(catalogFolder, name), 'utf8'));
  for (let index = 0; index < count; index += 1) {
    const text = texts[index % texts.length] ?? '';
    const slug = `${/^slug: *(\S+)/m.exec(text)?.[1]}-${index}`;
    const name = `${WORDS[index % WORDS.length]}${index} ${/^name: *["']?([\w .]*)/m.exec(text)?.[1]?.trim()}`;
    writeFileSync(
      join(folder, `${slug}.yaml`),
      text.replace(/^slug: .*$/m, `slug: ${slug}`).replace(/^name: .*$/m, `name: "${name}"`),
    );
  }
}
