// npm start: installs and builds what is missing, then runs the server until it is told to stop.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';
import { ensureInstalled, environment, fail, node24, run } from './setup.mjs';
import { ensureWebBuilt } from './web.mjs';

await ensureInstalled();
await ensureWebBuilt();

const main = join(root, 'server', 'src', 'main.ts');
if (!existsSync(main)) fail('server/src/main.ts is not part of this clone.');
process.exit(await run(node24(), [main, ...process.argv.slice(2)], { env: environment(), isServer: true }));
