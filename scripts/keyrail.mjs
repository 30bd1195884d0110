#!/usr/bin/env node
// The operator's command: npm run keyrail -- token create …
import { runNode24 } from './setup.mjs';

await runNode24('server/src/operator/main.ts', process.argv.slice(2));
