// npm run bench NAME: one measurement beside its peer; -- --full for the real size. The last line is one JSON object.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureWebBuilt } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { root } from './node24.mjs';
import { ensureInstalled, fail, runNode24 } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);
const names = readdirSync(join(root, 'bench'))
  .filter(
    (file) =>
      file.endsWith('.ts') && readFileSync(join(root, 'bench', file), 'utf8').includes("'./report.ts'"),
  )
  .map((file) => file.slice(0, -'.ts'.length));

if (!names.includes(name)) {
  fail(`npm run bench NAME [-- --full], where NAME is one of: ${names.join(', ')}`);
}
await ensureInstalled();
await ensureWebBuilt();
const chromium = name.startsWith('grid') ? await ensureChromium() : null;
await runNode24(join('bench', `${name}.ts`), args, chromium ? { CHROMIUM_PATH: chromium } : {});
