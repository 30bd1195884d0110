#!/usr/bin/env node
// The operator's command: npm run keyrail -- token create …
import { resolve } from 'node:path';
import { runNode24 } from './setup.mjs';

const args = process.argv.slice(2);
// It runs in the clone's folder, as the server does; a file is meant from where the person stands.
const file = args.at(-1) ?? '';
if (['backup', 'restore'].includes(args[0]) && args.length > 1 && !file.startsWith('-')) {
  args[args.length - 1] = resolve(process.env.INIT_CWD ?? process.cwd(), file);
}
if (args[0] === 'catalog' && args[1] === 'check') {
  const from = process.env.INIT_CWD ?? process.cwd();
  for (let at = 2; at < args.length; at += 1)
    if (!args[at].startsWith('-')) args[at] = resolve(from, args[at]);
}
await runNode24('server/src/operator/main.ts', args);
