// npm run demo: plays the main job in the terminal, against the sandbox.
import { runNode24 } from './setup.mjs';

await runNode24('sandbox/demo.ts', process.argv.slice(2));
