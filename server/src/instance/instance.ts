import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { type Because, judge } from './judge.ts';
import type { MachineFile } from './machine-file.ts';
import type { Place } from './place.ts';
import type { Found, InstanceStore } from './store.ts';
import { whatToDecide, whyQuarantined } from './words.ts';

export interface InstanceDeps {
  store: InstanceStore;
  file: MachineFile;
  /** KEYRAIL_INSTANCE_ID. */
  setting: string | null;
  /** The embedded database's data folder, links followed; null: a database of the operator's own. */
  folder: string | null;
  clock: Clock;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  /** For the person who starts the server. */
  announce: (message: string) => void;
}

/** Which instance this process works for, and whether it may. Made by `openInstance`. */
export interface Instance {
  standing(): Standing;
  isQuarantined(): boolean;
  /**
   * Before anything goes to a third party. Throws AppError `quarantined`. A promise while the database was lost and nobody
   * knows yet whether the one that comes back is the same; `unavailable` where that takes long.
   */
  mayLeave(): undefined | Promise<void>;
  /** Looks at the database again. What cannot be looked at changes nothing. */
  look(): Promise<void>;
  /** Told after each change between confirmed and quarantined; returns "stop". */
  onChange(listener: () => void): () => void;
  /** The database was lost: looked at again, until it can be; nothing leaves meanwhile. */
  doubt(): void;
  close(): void;
}

export type Standing = { id: string } & ({ kind: 'confirmed' } | { kind: 'quarantined'; because: Because });

/** While quarantined; a decision is told as well, but a message can be lost. */
const LOOK_EVERY_MS = 2_000;
const DOUBT_EVERY_MS = 250;
const LONGEST_DOUBT_MS = 10_000;

/**
 * What may be sent by this process:
 *
 *   (start) → confirmed ⇄ quarantined       by what the database, the machine and the operator say (judge.ts)
 *   confirmed → in doubt → either           when the connection to the database was lost
 *
 * A database without an id is given one: a new one, or one from before there were ids.
 */
export async function openInstance(deps: InstanceDeps): Promise<Instance> {
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let standing: Standing | null = null;
  let lookedAt = new Date(Number.MAX_SAFE_INTEGER / 10);
  let doubting: Promise<void> | null = null;
  let looking: Promise<void> = Promise.resolve();

  async function lookOnce(): Promise<void> {
    const found = await known(deps);
    const next = await standingOf(deps, found, standing, lookedAt);
    // A decision counts until it was seen.
    if (standing === null || next.kind === 'confirmed') lookedAt = found.now;
    const before = standing;
    standing = next;
    if (isSameStanding(before, next)) return;
    tell(deps, before, next);
    if (next.kind === 'quarantined') void lookWhileQuarantined();
    for (const listener of listeners) listener();
  }

  /** One after the other: each judges by what the one before found. */
  function look(): Promise<void> {
    const next = looking.then(lookOnce);
    looking = next.catch(() => {});
    return next;
  }

  let isWatching = false;
  async function lookWhileQuarantined(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (!closing.signal.aborted && standing?.kind === 'quarantined') {
      await deps.clock.sleep(LOOK_EVERY_MS, closing.signal).catch(() => {});
      if (!closing.signal.aborted) await look().catch(() => {});
    }
    isWatching = false;
  }

  async function lookUntilSeen(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await look();
        return;
      } catch {
        await deps.clock.sleep(DOUBT_EVERY_MS, closing.signal).catch(() => {});
      }
    }
  }

  await look();
  const now = (): Standing => {
    if (standing === null) throw new Error('the instance was not looked at');
    return standing;
  };
  return {
    standing: now,
    isQuarantined: () => now().kind === 'quarantined',
    mayLeave: () => {
      if (doubting !== null) return onceSeen(deps, doubting, () => refuse(now()));
      refuse(now());
      return undefined;
    },
    look,
    doubt: () => {
      doubting ??= lookUntilSeen().finally(() => {
        doubting = null;
      });
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => closing.abort(),
  };
}

/** How a process that starts on this machine now would stand; nothing is written. Null: the database has no id yet. */
export async function standingSeen(
  deps: Pick<InstanceDeps, 'store' | 'file' | 'setting' | 'folder'>,
): Promise<{ standing: Standing; place: Place } | null> {
  const found = await deps.store.look();
  if (found.row === null) return null;
  const here = { ...found.place, folder: deps.folder };
  const judgement = judge({
    id: found.row.id,
    known: found.row.place,
    here,
    setting: deps.setting,
    isOnFile: await deps.file.isThere(found.row.id),
    isConfirmedAlready: false,
    isDecidedSince: false,
    isVouched: found.isVouched,
    isJustMade: found.row.isJustMade,
  });
  return { standing: { id: found.row.id, ...judgement }, place: here };
}

/** Looks, and gives the database an id where it has none. */
async function known(deps: InstanceDeps): Promise<Found & { row: NonNullable<Found['row']>; place: Place }> {
  const first = await deps.store.look();
  const place = { ...first.place, folder: deps.folder };
  if (first.row !== null) return { ...first, row: first.row, place };
  const id = deps.setting ?? newId<string>('ins');
  await deps.store.make(id, place);
  const found = await deps.store.look();
  if (found.row === null) throw new Error('the id just given to the database is not there');
  return { ...found, row: found.row, place };
}

async function standingOf(
  deps: InstanceDeps,
  { row, place, isVouched }: Found & { row: NonNullable<Found['row']>; place: Place },
  before: Standing | null,
  lookedAt: Date,
): Promise<Standing> {
  const isOnFile = await deps.file.isThere(row.id);
  const judgement = judge({
    id: row.id,
    known: row.place,
    here: place,
    setting: deps.setting,
    isOnFile,
    isConfirmedAlready: before?.kind === 'confirmed' && before.id === row.id,
    isDecidedSince: row.decidedAt > lookedAt,
    isVouched,
    isJustMade: row.isJustMade,
  });
  if (judgement.kind === 'confirmed' && !isOnFile && deps.setting === null) await leaveWord(deps, row.id);
  return { id: row.id, ...judgement };
}

/** So that the next start on this machine needs nobody's word. */
async function leaveWord({ file, log }: InstanceDeps, id: string): Promise<void> {
  if (await file.write(id)) return;
  log.warn(
    { instance: id, file: file.path(id) },
    `this machine cannot note that it works for instance ${id}: set KEYRAIL_INSTANCE_ID=${id}, or make the folder writable; without either the next start may take the database for a copy, and pause`,
  );
}

function isSameStanding(one: Standing | null, other: Standing): boolean {
  if (one === null || one.kind !== other.kind || one.id !== other.id) return false;
  return one.kind === 'confirmed' || (other.kind === 'quarantined' && one.because === other.because);
}

function tell({ log, announce, setting }: InstanceDeps, before: Standing | null, next: Standing): void {
  if (next.kind === 'confirmed') {
    if (before?.kind === 'quarantined') log.warn({ instance: next.id }, 'quarantine is over: work goes on');
    return;
  }
  const why = `QUARANTINE. ${whyQuarantined(next.because, next.id, setting)}`;
  const decide = whatToDecide(next.because, next.id);
  log.warn({ instance: next.id, because: next.because }, `${why} ${decide}`);
  announce(`${why}\n\n${decide}`);
}

function refuse(standing: Standing): void {
  if (standing.kind === 'quarantined') throw new AppError('quarantined');
}

async function onceSeen({ clock }: InstanceDeps, seen: Promise<void>, then: () => void): Promise<void> {
  const late = new AbortController();
  const isLate = clock.sleep(LONGEST_DOUBT_MS, late.signal).then(
    () => true,
    () => false,
  );
  const tooLong = await Promise.race([seen.then(() => false), isLate]);
  late.abort();
  if (tooLong) throw new AppError('unavailable');
  then();
}
