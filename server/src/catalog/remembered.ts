import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Definition } from './definition.ts';

/**
 * What the last start read from the built-in catalog, so that the next need not parse and check it again. It lies among the
 * installed packages, which are trusted as much as the catalog itself: who could write there could change the program.
 */
export const rememberedFile = fileURLToPath(
  new URL('../../../node_modules/.cache/keyrail/catalog.json', import.meta.url),
);
const OWN_FOLDER = fileURLToPath(new URL('.', import.meta.url));

interface Remembered {
  key: string;
  definitions: Definition[];
}

/** The definitions, where neither a file of the folder nor the code that checks it changed; and the key to remember by. */
export async function recall(
  file: string,
  folder: string,
): Promise<{ definitions: Definition[] | null; key: string }> {
  const key = await keyOf(folder);
  try {
    const found = JSON.parse(await readFile(file, 'utf8')) as Remembered;
    return { definitions: found.key === key ? found.definitions : null, key };
  } catch {
    return { definitions: null, key };
  }
}

/** Where it cannot be written (installed packages are read-only), every start reads the files: slower, nothing else. */
export async function remember(file: string, key: string, definitions: readonly Definition[]): Promise<void> {
  const partial = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(partial, JSON.stringify({ key, definitions }));
    await rename(partial, file);
  } catch {
    await rm(partial, { force: true }).catch(() => {});
  }
}

async function keyOf(folder: string): Promise<string> {
  const hash = createHash('sha256').update(folder);
  for (const one of [folder, OWN_FOLDER]) {
    const names = (await readdir(one).catch(() => [])).filter((name) => /\.(ya?ml|ts)$/.test(name)).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(one, name)).catch(() => '')));
    for (const [index, name] of names.entries()) hash.update(`\0${name}\0`).update(texts[index] ?? '');
  }
  return hash.digest('hex');
}
