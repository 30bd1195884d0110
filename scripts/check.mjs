// npm run check: types, lint and format, the architecture, the lock file, the generated table types.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';
import { ensureInstalled, environment, node24, run, say } from './setup.mjs';

await ensureInstalled();
const node = node24();
const program = (...path) => join(root, 'node_modules', ...path);
const steps = [
  ['types', node, [program('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']],
  ['types of the web app', node, [program('typescript', 'bin', 'tsc'), '-p', 'web/tsconfig.json']],
  ['lint and format', node, [program('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--error-on-warnings', '.']],
  [
    'architecture',
    node,
    [program('vitest', 'vitest.mjs'), 'run', 'server/src/architecture.test.ts', '--reporter=dot'],
  ],
  ['table types', node, [join(root, 'server', 'test', 'write-schema.ts'), '--verify']],
];

const failures = [];
for (const [name, command, args] of steps) {
  say(`— ${name}`);
  if ((await run(command, args, { env: environment() })) !== 0) failures.push(name);
}
say('— lock file');
if (hasRegistryAddress()) failures.push('lock file');

say(failures.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failures.join(', ')}.`);
process.exit(failures.length === 0 ? 0 : 1);

/** Addresses of a registry would tie everybody to the one that somebody happened to use. */
function hasRegistryAddress() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const tied = Object.entries(packages).filter(([, entry]) => /^https?:/.test(entry.resolved ?? ''));
  for (const [path] of tied.slice(0, 5))
    say(`package-lock.json: ${path} has a registry address. Run "npm install" with the project's .npmrc.`);
  return tied.length > 0;
}
