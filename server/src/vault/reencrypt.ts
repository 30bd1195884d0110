import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Keyring } from './keyring.ts';
import { open } from './open.ts';
import { seal } from './seal.ts';
import type { SealedRecord } from './sealed-record.ts';
import type { SealedAt, SealedRecords } from './sealed-records.ts';

export interface ReencryptDeps {
  store: Pick<RetiredKeyStore, 'retiredOf'>;
  keyring: Keyring;
  records: readonly SealedRecords[];
  /** Rests, so that whoever works meanwhile is not held up. */
  rest: (ms: number) => Promise<void>;
  limits?: Partial<ReencryptLimits>;
}

export interface ReencryptLimits {
  /** Read, opened, sealed and written at once. */
  batch: number;
  /** After so long another workspace has its turn. */
  sliceMs: number;
  /** Of the time, this part is work: the rest is for others. */
  share: number;
}

const DEFAULT_LIMITS: ReencryptLimits = { batch: 25, sliceMs: 5_000, share: 0.33 };

/** Data keys that are not current any more. */
export interface RetiredKeyStore {
  retired(): Promise<RetiredKey[]>;
  retiredOf(workspaceId: string): Promise<RetiredKey[]>;
  /** Destroys those of these that were retired before then; returns how many. */
  destroy(ids: readonly string[], retiredBefore: Date): Promise<number>;
}

export interface RetiredKey {
  workspaceId: string;
  id: string;
}

/** `left`: there is more, for the next slice. */
export interface Reencrypted {
  records: number;
  unreadable: number;
  outcome: 'done' | 'left';
}

/**
 * Seals what a workspace has under retired keys anew under its current one, in small batches, each of which is whole or not at
 * all. It may be ended at any point and begun again: what is done is not under those keys any more, so that it costs what is
 * left. A record that changes meanwhile stays as it was changed.
 */
export async function reencrypt(
  deps: ReencryptDeps,
  workspaceId: string,
  stopping: AbortSignal,
): Promise<Reencrypted> {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const until = performance.now() + limits.sliceMs;
  const total: Reencrypted = { records: 0, unreadable: 0, outcome: 'done' };
  // What this process remembers as current may be the one that is to be left.
  deps.keyring.forget(workspaceId);
  for (const { id } of await deps.store.retiredOf(workspaceId)) {
    // Its master key is lost: there is nothing to be done, and perhaps much of it.
    if ((await deps.keyring.keyForOpening(workspaceId, id)) === null) continue;
    for (const kind of deps.records) {
      let after: readonly unknown[] | null = null;
      for (;;) {
        if (stopping.aborted || performance.now() > until) return { ...total, outcome: 'left' };
        const began = performance.now();
        const rows: SealedAt[] = await kind.under(id, after, limits.batch);
        if (rows.length === 0) break;
        after = rows.at(-1)?.key ?? null;
        const done = await sealAnew(deps, kind, rows);
        total.records += done.records;
        total.unreadable += done.unreadable;
        // Somebody is changing one right now: looked at again.
        if (done.records + done.unreadable < rows.length) total.outcome = 'left';
        const tookMs = performance.now() - began;
        await deps.rest(tookMs * (1 / limits.share - 1));
      }
    }
  }
  return total;
}

const PER_TURN = 10;

async function sealAnew(
  deps: ReencryptDeps,
  kind: SealedRecords,
  rows: readonly SealedAt[],
): Promise<{ records: number; unreadable: number }> {
  const changes: { row: SealedAt; by: SealedRecord }[] = [];
  for (const row of rows) {
    const opened = await open(deps, row.place, row.sealed);
    if (opened.kind === 'opened') changes.push({ row, by: await seal(deps, row.place, opened.plaintext) });
    else await kind.onUnreadable?.(row.place, opened.because);
    // Requests are answered in between.
    if (changes.length % PER_TURN === 0) await nextTurn();
  }
  const records = changes.length === 0 ? 0 : await kind.replace(changes);
  return { records, unreadable: rows.length - changes.length };
}

/**
 * How long a key is kept when nothing in the database needs it any more. A machine that was down may hold a token in its
 * journal that is sealed under it; the journal keeps what is put aside for as long.
 */
export const KEPT_AFTER_USE_MS = 30 * 86_400_000;

export interface SweepDeps {
  store: RetiredKeyStore;
  records: readonly SealedRecords[];
  now: () => Date;
}

/** The workspaces with something under a retired key, and what was destroyed of keys that nothing has needed for long. */
export async function sweepKeys(deps: SweepDeps): Promise<{ workspaces: string[]; destroyed: number }> {
  const retired = await deps.store.retired();
  if (retired.length === 0) return { workspaces: [], destroyed: 0 };
  const ids = retired.map(({ id }) => id);
  const used = new Set((await Promise.all(deps.records.map((kind) => kind.usedOf(ids)))).flat());
  const unused = ids.filter((id) => !used.has(id));
  const before = new Date(deps.now().getTime() - KEPT_AFTER_USE_MS);
  const destroyed = unused.length === 0 ? 0 : await deps.store.destroy(unused, before);
  const workspaces = retired.filter(({ id }) => used.has(id)).map(({ workspaceId }) => workspaceId);
  return { workspaces: [...new Set(workspaces)], destroyed };
}

/** For one who checks everything: a restore drill, `key status --check`. */
export async function openEverything(
  deps: { keyring: Keyring },
  kind: SealedRecords,
  keyId: string,
): Promise<{ opened: number; unreadable: string[] }> {
  let opened = 0;
  const unreadable: string[] = [];
  for (let after: readonly unknown[] | null = null; ; ) {
    const rows: SealedAt[] = await kind.under(keyId, after, 500);
    if (rows.length === 0) return { opened, unreadable };
    after = rows.at(-1)?.key ?? null;
    for (const { place, sealed } of rows) {
      const result = await open(deps, place, sealed);
      if (result.kind === 'opened') opened += 1;
      else unreadable.push(place.recordId);
    }
  }
}
