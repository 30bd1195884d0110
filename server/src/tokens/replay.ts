import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { keyOf } from './announce.ts';
import type { Journal, Kept } from './journal.ts';
import { type JournalEntry, openJournalEntry, type SealedEntry } from './journal-entry.ts';
import { renewedTold, whileLeased } from './save.ts';
import type { TokenSettings } from './settings.ts';
import type { TokenEvents } from './token.ts';
import { saveReplayed } from './token-lease-store.ts';
import type { TokenRow } from './token-row.ts';
import { findTokenById } from './token-store.ts';
import { within } from './within.ts';

export interface ReplayDeps {
  transact: Transact;
  keyring: Keyring;
  clock: Clock;
  random: () => number;
  journal: Journal;
  events: TokenEvents;
  settings: TokenSettings;
  log: { warn(fields: object, message: string): void };
  /** Throws where this may be a copy of another's database: the entries may be the original's. */
  mayLeave?: () => undefined | Promise<void>;
  /** The row of that owner has changed. */
  onWritten(key: string): void;
}

/** Brings what is in the journal to the database, for as long as there is something in it. */
export interface Replay {
  /** One turn over all there is. */
  once(): Promise<void>;
  /** There is something, or the database is back: goes on by itself, with growing pauses, until the journal is empty. */
  start(): void;
  /** What is on disk stays there; what is in memory alone is tried for so long. */
  stop(forMs: number): Promise<void>;
}

/** The database may take a query and never answer; then the next turn is tried over another connection. */
const TURN_MS = 10_000;
const FIRST_PAUSE_MS = 50;
/** What is on disk can wait for the next start. */
const LAST_TURN_MS = 1_000;
/** So many failing one after the other, and the database is away. */
const ENOUGH_FAILURES = 3;

export function createReplay(deps: ReplayDeps): Replay {
  const { clock, journal, settings } = deps;
  let running: Promise<void> | null = null;
  let isAsked = false;
  let wake = new AbortController();
  let stopAt: number | null = null;
  /** Said once of each, however often it is tried. */
  const said = new Set<string>();
  const failed = ({ name }: Kept) => {
    return (error: unknown) => {
      if (!said.has(name)) deps.log.warn({ err: error, entry: name }, WAITS);
      said.add(name);
      return 'failed' as const;
    };
  };

  async function turn(): Promise<'empty' | 'left'> {
    const kept = await journal.entries();
    if (kept.length > 0 && (await isKeptOff(deps))) return 'left';
    let failures = 0;
    let isLeft = false;
    for (const one of kept) {
      if (failures >= ENOUGH_FAILURES) return 'left';
      const is = await within(TURN_MS, bring(deps, one).catch(failed(one)));
      failures = is === 'failed' || is === 'late' ? failures + 1 : 0;
      if (is === 'settled') {
        said.delete(one.name);
        continue;
      }
      isLeft = true;
      // The disk may have room again by now.
      if (one.entry !== null && journal.isOnlyInMemory()) await journal.keep(one.entry);
    }
    return isLeft ? 'left' : 'empty';
  }

  async function run(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, settings.replayPauseMs)) {
      isAsked = false;
      const is = await turn();
      if (isDone(is)) return;
      await clock.sleep(pauseMs * (0.75 + 0.5 * deps.random()), wake.signal).catch(() => {});
      if (isAsked) pauseMs = FIRST_PAUSE_MS;
      if (wake.signal.aborted) wake = new AbortController();
    }
  }

  function isDone(is: 'empty' | 'left'): boolean {
    if (stopAt === null) return is === 'empty' && !isAsked;
    return !journal.isOnlyInMemory() || performance.now() > stopAt;
  }

  const self: Replay = {
    once: async () => {
      await turn();
    },
    start: () => {
      if (stopAt !== null) return;
      isAsked = true;
      wake.abort();
      running ??= run().finally(() => {
        running = null;
        wake = new AbortController();
        // Asked for just as it came to its end.
        if (isAsked) self.start();
      });
    },
    stop: async (forMs) => {
      const limitMs = journal.isOnlyInMemory() ? forMs : LAST_TURN_MS;
      stopAt = performance.now() + limitMs;
      wake.abort();
      if (running !== null) await within(limitMs, running);
      if (!journal.isOnlyInMemory()) return;
      deps.log.warn({}, 'new tokens are lost: neither the database nor the disk took them');
    },
  };
  return self;
}

async function isKeptOff({ mayLeave }: ReplayDeps): Promise<boolean> {
  try {
    await mayLeave?.();
    return false;
  } catch {
    return true;
  }
}

const WAITS = 'a new token waits in the journal: the database does not take it yet';

/** `waits`: somebody is asking for this row's next token right now. */
async function bring(deps: ReplayDeps, kept: Kept): Promise<'settled' | 'waits'> {
  const opened = kept.entry === null ? null : await openJournalEntry(deps, kept.entry);
  if (opened === null || kept.entry === null) return aside(deps, kept, null, 'it cannot be read');
  const row = await rowOf(deps, kept.entry);
  const why = row === null ? null : useless(row, opened);
  if (why === 'written') {
    await deps.journal.remove(kept);
    return 'settled';
  }
  if (row === null) return dropped(deps, kept, opened);
  if (why !== null) return aside(deps, kept, opened, why);
  return (await writeEntry(deps, row, opened)) ? done(deps, kept, row) : 'waits';
}

function rowOf({ transact }: ReplayDeps, { workspaceId, id }: SealedEntry): Promise<TokenRow | null> {
  return transact(workspaceId, (tx) => findTokenById(tx, workspaceId, id));
}

/** Null: the row waits for this very token. */
function useless(row: TokenRow, { token }: JournalEntry): string | null {
  if (row.generation === token.generation && row.sealed === token.sealed) return 'written';
  if (row.generation >= token.generation) return 'its row has a newer token';
  if (row.generation < token.generation - 1) return 'its row is older than it, as of a restored database';
  if (row.ended !== null && row.ended.because !== 'interrupted') return 'the grant has ended meanwhile';
  return null;
}

async function writeEntry(deps: ReplayDeps, row: TokenRow, { lease, token }: JournalEntry): Promise<boolean> {
  const tell = await renewedTold(deps, row, token);
  const now = { ...lease, owner: row.owner };
  return whileLeased(deps, row.owner.workspaceId, tell, (tx) => saveReplayed(tx, now, token));
}

async function done(deps: ReplayDeps, kept: Kept, row: TokenRow): Promise<'settled'> {
  deps.log.warn({ connectionId: row.owner.connectionId }, 'a new token was written from the journal');
  deps.onWritten(keyOf(row.owner));
  await deps.journal.remove(kept);
  return 'settled';
}

/** Somebody wanted it gone: nothing of it stays, here neither. */
async function dropped(deps: ReplayDeps, kept: Kept, { lease }: JournalEntry): Promise<'settled'> {
  await deps.journal.remove(kept);
  const { connectionId } = lease.owner;
  deps.log.warn(
    { connectionId },
    'a new token in the journal was dropped: its connection was disconnected or deleted meanwhile',
  );
  return 'settled';
}

/** Never dropped without a word. */
async function aside(
  deps: ReplayDeps,
  kept: Kept,
  opened: JournalEntry | null,
  because: string,
): Promise<'settled'> {
  const connectionId = opened?.lease.owner.connectionId ?? null;
  if (await deps.journal.putAside(kept)) {
    deps.log.warn({ entry: kept.name, connectionId, because }, 'an entry of the token journal was put aside');
  }
  return 'settled';
}
