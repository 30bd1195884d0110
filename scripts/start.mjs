// npm start: installs and builds what is missing, then runs the server until it is told to stop.
// npm start -- --sandbox: the same, with stand-ins for third parties on this machine.

import { ensureWebBuilt, serverProgram } from './build.mjs';
import { startSandbox } from './sandbox.mjs';
import { ensureInstalled, environment, fail, runServer } from './setup.mjs';

const args = process.argv.slice(2);
const unknown = args.filter((arg) => arg !== '--sandbox');
if (unknown.length > 0) fail(`npm start does not know ${unknown.join(' ')}. It takes: --sandbox`);

await ensureInstalled();
await ensureWebBuilt();
const program = await serverProgram();

const sandbox = args.includes('--sandbox') ? await startSandbox() : null;
// In a terminal a line of JSON for each request would push the link out of sight; files and service managers get them all.
const quiet = process.stdout.isTTY && !process.env.KEYRAIL_LOG_LEVEL ? { KEYRAIL_LOG_LEVEL: 'warn' } : {};
const env = environment({ ...quiet, ...sandbox?.settings });
const code = await runServer(program, { env });
sandbox?.stop();
process.exit(code);
