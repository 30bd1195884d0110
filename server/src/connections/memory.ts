import type { Clock } from '../lib/clock.ts';

/**
 * Answers kept in this process for a few seconds, so that a run of ten thousand cells does not ask the database ten
 * thousand times. Bounded in time and number; per workspace, so that one change drops all that may depend on it.
 */
export interface Memory<T> {
  /** The kept answer, or what `load` brings; several who ask at once share one `load`. A failure is not kept. */
  get(workspaceId: string, key: string, load: () => Promise<T>): Promise<T>;
  /** Drops what is kept of a workspace; null: of all. A load under way then is not kept either. */
  forget(workspaceId: string | null): void;
  drop(workspaceId: string, key: string): void;
  size(): number;
}

interface Entry<T> {
  workspaceId: string;
  value: Promise<T>;
  expiresAt: number;
}

export function createMemory<T>(
  deps: { clock: Clock },
  limits: { keepMs: number; maxEntries: number },
): Memory<T> {
  const entries = new Map<string, Entry<T>>();

  function makeRoom(): void {
    for (const key of entries.keys()) {
      if (entries.size < limits.maxEntries) return;
      entries.delete(key);
    }
  }

  return {
    get: (workspaceId, key, load) => {
      const name = `${workspaceId} ${key}`;
      const kept = entries.get(name);
      const now = deps.clock.now().getTime();
      if (kept !== undefined && kept.expiresAt > now) return kept.value;
      entries.delete(name);
      makeRoom();
      const entry = { workspaceId, value: load(), expiresAt: now + limits.keepMs };
      entries.set(name, entry);
      const drop = () => {
        if (entries.get(name) === entry) entries.delete(name);
      };
      entry.value.catch(drop);
      // Secrets do not stay because nobody asks for them again.
      setTimeout(drop, limits.keepMs).unref();
      return entry.value;
    },
    forget: (workspaceId) => {
      for (const [name, entry] of entries) {
        if (workspaceId === null || entry.workspaceId === workspaceId) entries.delete(name);
      }
    },
    drop: (workspaceId, key) => {
      entries.delete(`${workspaceId} ${key}`);
    },
    size: () => entries.size,
  };
}
