import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Definition } from '../definition.ts';
import { stampOf } from './folder-files.ts';
import type { Pack } from './pack.ts';
import type { FolderToRead } from './read-folder.ts';
import { type Remembered, type RememberedFile, sumOf } from './remembered.ts';

/** So many definitions are in memory; the one that was asked for least recently goes first. */
const MOST_KEPT = 256;

/** Definitions by slug, each read from the pack when it is asked for. */
export function definitionsIn(
  asked: FolderToRead,
  pack: Pack<Remembered>,
  bySlug: ReadonlyMap<string, RememberedFile>,
): (slug: string) => Definition | undefined {
  const kept = new Map<string, Definition>();
  return (slug) => {
    const definition = kept.get(slug) ?? read(asked, pack, bySlug.get(slug));
    if (definition === undefined) return undefined;
    kept.delete(slug);
    kept.set(slug, definition);
    const oldest = kept.size > MOST_KEPT ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return definition;
  };
}

function read(
  asked: FolderToRead,
  pack: Pack<Remembered>,
  file: RememberedFile | undefined,
): Definition | undefined {
  if (file === undefined || file.place === null) return undefined;
  const json = pack.read(file.place);
  return json === null ? readAgain(asked, file) : (JSON.parse(json) as Definition);
}

const { load } = { load: createRequire(import.meta.url) };

/**
 * Somebody wrote into the memory of a server that runs: the file itself is read, if it is the one that was checked at the start.
 * At once, since those who ask cannot wait; it happens to nobody who leaves the memory alone.
 */
function readAgain(
  { folder, origin, allowedPrivateHosts }: FolderToRead,
  { name, sum }: RememberedFile,
): Definition | undefined {
  const file = join(folder, name);
  if (stampOf(file) === null) return undefined;
  const text = readFileSync(file, 'utf8');
  if (sumOf(text) !== sum) return undefined;
  const { readDefinition } = load('./read-definition.ts') as typeof import('./read-definition.ts');
  return readDefinition(file, text, origin, allowedPrivateHosts).definition ?? undefined;
}
