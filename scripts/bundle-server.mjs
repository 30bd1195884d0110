// Writes the server as a few files instead of three hundred: node scripts/bundle-server.mjs FOLDER [MEMORY]. Run by build.mjs.
// MEMORY: the folder for what is remembered of the catalog, else the one where a server looks for it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { root } from './node24.mjs';

/** Packages stay where they are installed, but for the one that is itself made of three hundred files and used by us alone. */
const isTakenIn = (id) => /^[./]/.test(id) || id.startsWith('@keyrail/') || id === 'kysely';

/** Our files find others beside themselves (migrations, the built web app); they keep their own address. */
const ownAddress = {
  name: 'own address',
  transform: (code, id) =>
    code.includes('import.meta.url')
      ? { code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)), map: null }
      : null,
};

const bundle = await rolldown({
  input: join(root, 'server', 'src', 'main.ts'),
  platform: 'node',
  external: (id) => !isTakenIn(id),
  plugins: [ownAddress],
  // That plugin moves columns in a handful of lines, which the map then has slightly wrong: nothing to warn of.
  onLog: (level, log, say) => log.code === 'SOURCEMAP_BROKEN' || say(level, log),
});
await bundle.write({
  dir: process.argv[2],
  format: 'esm',
  entryFileNames: 'main.mjs',
  chunkFileNames: '[name].mjs',
  // The log tells the places of errors in the TypeScript files (lib/source-places.ts).
  sourcemap: true,
  // The sources are there; without them the maps are a third.
  sourcemapExcludeSources: true,
});

// What a first start would read and check of the catalog, and remember: where the installation may not be written to by then,
// every start would. A file or a program that is another one by then is noticed as ever (catalog/files/remembered.ts).
const { loadCatalog } = await import('../server/src/catalog/load.ts');
const { catalogFolder } = await import('../server/src/catalog/built-in.ts');
await loadCatalog({ builtIn: catalogFolder, rememberIn: process.argv[3] });
