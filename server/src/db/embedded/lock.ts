import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive, startIdentity } from './processes.ts';

export type LockOutcome = { kind: 'ours'; release: () => void } | { kind: 'taken'; pid: number };

interface Holder {
  pid: number;
  identity: string | null;
}

/**
 * Takes a lock file for as long as this process lives. Node has no flock, so the file names its holder (process
 * number and start time, which a reused number does not share) and a dead holder's file is taken over.
 * `link` makes it in one step: of several that start together one wins.
 */
export function takeLock(file: string): LockOutcome {
  const own = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const mine = JSON.stringify({ pid: process.pid, identity: startIdentity(process.pid) } satisfies Holder);
  writeFileSync(own, mine, { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      if (tryLink(own, file)) return { kind: 'ours', release: () => releaseIfOurs(file, mine) };
      const text = readText(file);
      if (text === null) continue;
      const holder = parseHolder(text);
      if (holder && isHeld(holder)) return { kind: 'taken', pid: holder.pid };
      removeStale(file, text, `${own}.stale`);
    }
    return { kind: 'taken', pid: parseHolder(readText(file) ?? '')?.pid ?? 0 };
  } finally {
    rmSync(own, { force: true });
  }
}

/** The process that holds the lock, or null when nobody who lives does. */
export function lockHolder(file: string): number | null {
  const holder = parseHolder(readText(file) ?? '');
  return holder && isHeld(holder) ? holder.pid : null;
}

function isHeld(holder: Holder): boolean {
  return isAlive(holder.pid) && (holder.identity === null || startIdentity(holder.pid) === holder.identity);
}

/** Moves the file away and looks whether it was the stale one; a fresh one that came between is put back. */
function removeStale(file: string, staleText: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readText(aside) !== staleText) tryLink(aside, file);
  rmSync(aside, { force: true });
}

function releaseIfOurs(file: string, mine: string): void {
  if (readText(file) === mine) rmSync(file, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return null;
    return {
      pid: value.pid,
      identity: 'identity' in value && typeof value.identity === 'string' ? value.identity : null,
    };
  } catch {
    return null;
  }
}
