import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether a process of that number lives. A zombie (ended, not yet collected by its parent) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statFields(pid)?.[0] !== 'Z';
}

/**
 * What tells a process from a later one that was given the same number: when it started, and in which boot of the
 * machine. Null where it cannot be known (the process is gone).
 */
export function startIdentity(pid: number): string | null {
  if (process.platform === 'linux') {
    const startedTicks = statFields(pid)?.[19];
    return startedTicks
      ? `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${startedTicks}`
      : null;
  }
  return psField(pid, 'lstart') || null;
}

/** Whether the process is a PostgreSQL server over that data folder (its postmaster, by command line). */
export function isPostmasterOf(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') {
    const command = psField(pid, 'command');
    return command.includes('postgres') && command.includes(dataDir);
  }
  try {
    const parts = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return (
      (parts[0] ?? '').endsWith('postgres') && (parts.includes(dataDir) || workingFolder(pid) === dataDir)
    );
  } catch {
    return false;
  }
}

/** Processes that work in that folder: PostgreSQL's children do, and outlive a killed postmaster for a moment. Linux only. */
export function processesIn(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingFolder(pid) === folder && isAlive(pid));
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** Fields of /proc/pid/stat from the third (the state) on; the second, the name, may itself hold spaces and brackets. */
function statFields(pid: number): string[] | null {
  if (process.platform !== 'linux') return null;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function psField(pid: number, field: 'lstart' | 'command'): string {
  try {
    return execFileSync('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
