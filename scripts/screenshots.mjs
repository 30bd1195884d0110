// npm run screenshots: takes the pictures of the documentation anew, in a real browser.

import { ensureWebBuilt } from './build.mjs';
import { chromiumInstruction, ensureChromium } from './chromium.mjs';
import { ensureInstalled, fail, runNode24 } from './setup.mjs';

await ensureInstalled();
await ensureWebBuilt();
const chromium = await ensureChromium();
if (!chromium) fail(chromiumInstruction);
await runNode24('e2e/screenshots.ts', process.argv.slice(2), { CHROMIUM_PATH: chromium });
