// What every command of the clone needs before it can run. Plain JavaScript for Node >= 20, without dependencies:
// on a fresh clone nothing is installed yet.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findNode24, root } from './node24.mjs';

/** Installs what package-lock.json names, when it is not there as npm's own record of the installation has it. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  await alone('install', async () => {
    if (isInstalled()) return;
    say('Installing the dependencies (once; a minute or so) …');
    const npm = npmCommand();
    const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    const code = await run(npm.command, [...npm.args, 'ci', ...options], { heartbeat: 'still installing' });
    if (code !== 0)
      fail(`"npm ci" ended with code ${code}. What it said stands above; put that right and start again.`);
  });
}

/**
 * npm writes node_modules/.package-lock.json as the last thing it does, so an interrupted installation has none. Optional
 * packages are those for other platforms; of them only what is there counts.
 */
function isInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const there = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  for (const [path, { version, link, optional }] of Object.entries(wanted)) {
    if (!path.includes('node_modules/') || link) continue;
    if (there[path] ? there[path].version !== version : !optional) return false;
  }
  return findNode24() !== null;
}

/** The npm that started us, else the one that lies beside this Node, else the one on the path. */
function npmCommand() {
  const fromNpm = process.env.npm_execpath;
  if (fromNpm && /npm-cli\.c?js$/.test(fromNpm)) return { command: process.execPath, args: [fromNpm] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

/** Node 24, or the end with an instruction. */
export function node24() {
  const path = findNode24();
  if (path) return path;
  fail(
    `Keyrail needs Node 22.19 or newer, or one of the Node 24 packages it brings for Linux and macOS. This is Node ` +
      `${process.versions.node} on ${process.platform}-${process.arch}. Install Node 24 from https://nodejs.org and start again.`,
  );
}

/** The environment for our programs: compiled code is kept, which halves the time they take to start. */
export function environment(extra = {}) {
  const cache = join(root, 'node_modules', '.cache', 'keyrail-compiled');
  return { NODE_COMPILE_CACHE: cache, ...process.env, ...extra };
}

/** Installs when needed, runs a TypeScript program of the clone, and ends as it ended. */
export async function runNode24(file, args, extraEnvironment = {}) {
  await ensureInstalled();
  if (!existsSync(join(root, file))) fail(`${file} is not part of this clone.`);
  process.exit(
    await run(node24(), [join(root, file), ...args], { env: environment(extraEnvironment), cwd: root }),
  );
}

/** Runs a command with our terminal and resolves to its exit code. We end after the command has, whatever signal comes. */
export function run(command, args, { env = process.env, cwd = root, heartbeat = null } = {}) {
  const child = spawn(command, args, { env, cwd, stdio: 'inherit' });
  // ctrl-C reaches the whole group, the command included, and is only outlived; what was sent to us alone is passed on.
  const undo = [passSignals((signal) => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal))];
  if (heartbeat) undo.push(sayFromTimeToTime(heartbeat));
  return endOf(child, command, undo);
}

/**
 * Runs a server until it is told to stop. It has a process group of its own and gets its signals from us, each once:
 * ctrl-C under npm reaches us twice (from the terminal, and passed on by npm), and a second signal means "at once" to the
 * server. Where we or npm are killed it notices (its IPC channel ends) and stops by itself.
 */
export function runServer(args, { env }) {
  const child = spawn(node24(), args, {
    env,
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  let lastMs = 0;
  const passOn = (signal) => {
    const isRepeated = Date.now() - lastMs < 1_000;
    lastMs = Date.now();
    if (!isRepeated) child.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
  };
  return endOf(child, 'the server', [passSignals(passOn), watchNpm(() => child.kill('SIGTERM'))]);
}

function endOf(child, name, undo) {
  return new Promise((resolve) => {
    const done = (code) => {
      for (const one of undo) one();
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`${name} could not be started: ${error.message}`);
      done(127);
    });
    child.once('exit', (code, signal) => done(code ?? 128 + (signalNumbers[signal] ?? 0)));
  });
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };

function passSignals(passOn) {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  return () => {
    for (const signal of signals) process.off(signal, passOn);
  };
}

function sayFromTimeToTime(what) {
  const startedAt = Date.now();
  const timer = setInterval(
    () => say(`  … ${what} (${Math.round((Date.now() - startedAt) / 1000)} s)`),
    10_000,
  );
  return () => clearInterval(timer);
}

/** Under npm, a parent that is gone means npm was killed: the server must not live on, holding data and port. */
function watchNpm(onGone) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, 500);
  return () => clearInterval(timer);
}

/** One process of this clone at a time does `work`; the others wait and say so. A killed holder is passed over. */
export async function alone(name, work) {
  const folder = join(root, '.keyrail');
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const lock = join(folder, `${name}.lock`);
  let said = false;
  for (;;) {
    const holder = takeLock(lock);
    if (holder === null) break;
    if (!said) say(`Process ${holder} is at it already (${name}); waiting …`);
    said = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Null when it is ours now, else the process that has it. */
function takeLock(lock) {
  const own = `${lock}.${process.pid}.${randomBytes(3).toString('hex')}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return null;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return holderOf(lock, own);
  } finally {
    rmSync(own, { force: true });
  }
}

function holderOf(lock, own) {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    if (isAlive(holder) && Date.now() - statSync(lock).mtimeMs < 30 * 60_000) return holder;
    // Renaming is one step: of several that find the dead one's file, one takes it away.
    renameSync(lock, `${own}.stale`);
    rmSync(`${own}.stale`, { force: true });
    return takeLock(lock);
  } catch {
    return 'another one';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

export function say(text) {
  console.error(text);
}

/** Ends with a sentence for the person at the terminal. */
export function fail(text) {
  console.error(`\n${text}`);
  process.exit(1);
}
