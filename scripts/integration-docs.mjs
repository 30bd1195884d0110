// npm run docs:integrations: writes docs/integrations/ anew from the files in catalog/.
import { ensureInstalled, runNode24 } from './setup.mjs';

await ensureInstalled();
await runNode24('server/src/api/integration-pages/write.ts', process.argv.slice(2));
