// Builds what is made from sources, the web app and the server's bundle, when the sources are not the ones it was built from.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './node24.mjs';
import { alone, environment, fail, node24, run, say } from './setup.mjs';

/** Call after the dependencies are installed. */
export async function ensureWebBuilt() {
  if (!existsSync(join(root, 'web', 'index.html'))) return;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await ensureBuilt({
    name: 'web',
    called: 'the web app',
    sources: ['web', 'contract/src', 'sdk/src', 'package-lock.json'],
    args: (folder) => [vite, 'build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'],
  });
}

/**
 * The arguments for Node that run the server. Node runs server/src/main.ts as it is; from a bundle, with a few files to find
 * and open instead of three hundred, it is ready a fifth sooner.
 */
export async function serverProgram() {
  await ensureBuilt({
    name: 'server',
    called: 'the server',
    sources: ['server/src', 'contract/src', 'scripts/bundle-server.mjs', 'package-lock.json'],
    args: (folder) => [join(root, 'scripts', 'bundle-server.mjs'), folder],
  });
  return [
    // A run makes much that is gone after one call: a small nursery (the default is up to 64 MB) saves a third of the memory.
    // And all of it from the start, which then collects less.
    '--min-semi-space-size=16',
    '--max-semi-space-size=16',
    join(root, 'server', 'dist', 'main.mjs'),
  ];
}

async function ensureBuilt({ name, called, sources, args }) {
  const dist = join(root, name, 'dist');
  if (isFresh(dist, sources)) return;
  await alone(name, async () => {
    if (isFresh(dist, sources)) return;
    const startedAt = Date.now();
    say(`Building ${called} …`);
    const from = sourcesHash(sources);
    const next = `${dist}.new`;
    rmSync(next, { recursive: true, force: true });
    const code = await run(node24(), args(next), {
      cwd: join(root, name),
      env: environment(),
      heartbeat: 'still building',
    });
    if (code !== 0) fail(`Building ${called} failed. What was said stands above.`);
    writeFileSync(join(next, '.built-from'), from);
    swapIn(next, dist);
    say(`Built ${called} (${((Date.now() - startedAt) / 1000).toFixed(1)} s).`);
  });
}

/** A server that runs meanwhile serves the old files until the new ones are whole. */
function swapIn(next, dist) {
  const old = `${dist}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

function isFresh(dist, sources) {
  const mark = join(dist, '.built-from');
  return existsSync(mark) && readFileSync(mark, 'utf8') === sourcesHash(sources);
}

/**
 * Contents rather than times: a fresh clone or a changed branch gives new times to the same files. And the place: what is built
 * may hold it.
 */
function sourcesHash(sources) {
  const hash = createHash('sha256').update(root);
  for (const file of sources.flatMap((source) => [...filesUnder(join(root, source))]).sort()) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function* filesUnder(path) {
  if (!existsSync(path)) return;
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error;
    yield path;
    return;
  }
  for (const entry of entries) {
    if (entry.name === 'node_modules' || entry.name.startsWith('dist') || /\.test\.tsx?$/.test(entry.name))
      continue;
    if (entry.isDirectory()) yield* filesUnder(join(path, entry.name));
    else yield join(path, entry.name);
  }
}
