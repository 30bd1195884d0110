// Starts the stand-ins for third parties beside the server: npm start -- --sandbox.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './node24.mjs';
import { environment, fail, node24, say } from './setup.mjs';

const program = join(root, 'sandbox', 'main.ts');

/** Resolves to the settings that point the server at it, and `stop`. It ends with us, even when we are killed. */
export async function startSandbox() {
  const child = spawn(node24(), [program, '--json', '--port', '0'], {
    env: environment(),
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    // Out of ctrl-C's reach: the server ends its calls first.
    detached: true,
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [null])]);
  if (line === null) fail('The sandbox could not be started. What it said stands above.');
  const { url, upstreams, allowedPrivateHosts } = JSON.parse(line.toString());
  say(`\n  Sandbox: third parties are stand-ins on this machine (${url}). ${keyHelp()}`);
  // What was allowed before stays allowed: a custom connection may lead to a server of one's own.
  const allowed = [process.env.KEYRAIL_ALLOWED_PRIVATE_HOSTS, allowedPrivateHosts].filter(Boolean).join(',');
  // What is sent elsewhere already stays so (of one origin the last holds): somebody tries a tool against a server of their own.
  const sentElsewhere = [upstreams, process.env.KEYRAIL_UPSTREAMS].filter(Boolean).join(',');
  return {
    settings: { KEYRAIL_UPSTREAMS: sentElsewhere, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowed },
    stop: () => child.kill('SIGTERM'),
  };
}

/** Which keys there are is said by the sandbox itself. */
function keyHelp() {
  const { stdout } = spawnSync(node24(), [program, '--help'], { env: environment(), encoding: 'utf8' });
  const from = stdout.indexOf('Keys say');
  return from < 0 ? '' : stdout.slice(from).trimEnd().replaceAll('\n', '\n  ');
}
