// Finds a Chromium for the browser tests, or installs Debian's.
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fail, run, say } from './setup.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export const chromiumInstruction =
  'The browser tests need Chromium, and there is none on this machine. Install it ("apt-get install chromium" on Debian, ' +
  'Google Chrome elsewhere), or set CHROMIUM_PATH to the program.';

/** The path of a Chromium; installed from Debian when we may; null where there is none to be had. */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  say('Installing Chromium for the browser tests (apt-get install chromium) …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const packages = ['chromium', 'fonts-liberation'];
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  await run('apt-get', ['update', '-qq'], { env, heartbeat: 'reading package lists' });
  await run('apt-get', install, { env, heartbeat: 'still installing Chromium' });
  return findChromium();
}

function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given && !isProgram(given)) fail(`CHROMIUM_PATH is ${given}, and that is no program.`);
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...elsewhere, ...downloadedByPlaywright()].find(isProgram) ?? null;
}

function downloadedByPlaywright() {
  const cache = join(homedir(), '.cache', 'ms-playwright');
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/.test(name))
    .map((name) => join(cache, name, 'chrome-linux', 'chrome'));
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
