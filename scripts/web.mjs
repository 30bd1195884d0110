// Builds the web app when its sources are not the ones it was built from.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './node24.mjs';
import { alone, environment, fail, node24, run, say } from './setup.mjs';

const dist = join(root, 'web', 'dist');
const mark = join(dist, '.built-from');
const sources = ['web', 'contract/src', 'sdk/src', 'package-lock.json'];

/** Call after the dependencies are installed. */
export async function ensureWebBuilt() {
  if (!existsSync(join(root, 'web', 'index.html')) || isFresh()) return;
  await alone('web', async () => {
    if (isFresh()) return;
    const startedAt = Date.now();
    say('Building the web app …');
    const from = sourcesHash();
    const next = join(root, 'web', 'dist.new');
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const args = [vite, 'build', '--outDir', next, '--emptyOutDir', '--logLevel', 'warn'];
    const code = await run(node24(), args, {
      cwd: join(root, 'web'),
      env: environment(),
      heartbeat: 'still building',
    });
    if (code !== 0) fail('The web app could not be built. What was said stands above.');
    writeFileSync(join(next, '.built-from'), from);
    swapIn(next);
    say(`The web app is built (${((Date.now() - startedAt) / 1000).toFixed(1)} s).`);
  });
}

/** A server that runs meanwhile serves the old files until the new ones are whole. */
function swapIn(next) {
  const old = join(root, 'web', 'dist.old');
  rmSync(old, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
}

function isFresh() {
  return existsSync(mark) && readFileSync(mark, 'utf8') === sourcesHash();
}

/** Contents rather than times: a fresh clone or a changed branch gives new times to the same files. */
function sourcesHash() {
  const hash = createHash('sha256');
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
