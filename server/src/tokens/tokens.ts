import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { keyOf } from './announce.ts';
import { createJournal } from './journal.ts';
import { createKept } from './kept.ts';
import type { Mint, TokenOwner } from './mint.ts';
import { sealedToken } from './new-token.ts';
import { type ObtainDeps, obtain } from './obtain.ts';
import { renewRefused } from './refused.ts';
import { createReplay } from './replay.ts';
import { DEFAULT_TOKEN_SETTINGS, type TokenSettings } from './settings.ts';
import { enqueueDue, renewDue, sayEnd } from './sweep.ts';
import { isGood } from './times.ts';
import type { TokenEvents, TokenOutcome, Tokens } from './token.ts';
import { openTokens } from './token-box.ts';
import { tokenFacts } from './token-facts-store.ts';
import {
  clearRetry,
  deleteToken,
  findToken,
  lockToken,
  moveToken,
  putToken,
  reopenMade,
} from './token-store.ts';
import type { TokenSweepStore } from './token-sweep-store.ts';
import { createWaiting } from './waiting.ts';

export interface TokensDeps {
  transact: Transact;
  keyring: Keyring;
  clock: Clock;
  mint: Mint;
  events: TokenEvents;
  sweepStore: TokenSweepStore;
  settings?: Partial<TokenSettings>;
  /** Where new tokens are kept while the database is away; null: in memory alone. */
  journalFolder: string | null;
  /** Asked before a token is renewed; throws where nothing may leave this server now. */
  mayLeave?: () => undefined | Promise<void>;
  log: { warn(fields: object, message: string): void };
}

/** Of a short-lived one half its life will do. */
function freshFor(minSeconds: number) {
  return { goodForMs: minSeconds * 1000, partOfLife: 0.5 };
}

export function createTokens(given: TokensDeps): Tokens {
  const settings = { ...DEFAULT_TOKEN_SETTINGS, ...given.settings };
  const { clock, keyring } = given;
  const waiting = createWaiting();
  const renewals = new Set<Promise<unknown>>();
  const journal = createJournal({ folder: given.journalFolder, log: given.log });
  const shared = { ...given, settings, journal, random: Math.random };
  const replay = createReplay({ ...shared, onWritten: (key) => hear(key) });
  const deps: ObtainDeps = {
    ...shared,
    waiting,
    holder: newId('proc'),
    onKept: replay.start,
    underWay: (work) => {
      renewals.add(work);
      const failed = (err: unknown) => given.log.warn({ err }, 'what came of a renewal is not written down');
      work.catch(failed);
      return work.finally(() => renewals.delete(work));
    },
  };
  const kept = createKept({
    clock,
    keepMs: settings.keepInMemoryMs,
    isGood: ({ token }) => isGood(token, clock.now(), settings.closeMs),
  });
  const current = (owner: TokenOwner) =>
    kept.get(keyOf(owner), () => obtain(deps, owner, { above: 0, goodForMs: settings.closeMs }));
  /** Null: it is there, but not for long enough. */
  const ifFresh = (seconds: number, outcome: TokenOutcome) => {
    if (outcome.kind !== 'token') return outcome;
    const { goodForMs, partOfLife } = freshFor(seconds);
    return isGood(outcome.token, clock.now(), goodForMs, partOfLife) ? outcome : null;
  };
  /** Whoever asks while somebody else waits for the same waits with them. */
  const asking = createKept({ clock, keepMs: 0, isGood: () => false });
  const hear = (key: string | null) => {
    kept.drop(key);
    waiting.wake(key);
    // After a gap: the database is back.
    if (key === null) replay.start();
  };

  return {
    current,
    forCheck: async (owner) => {
      await given.transact(owner.workspaceId, (tx) => reopenMade(tx, owner));
      kept.drop(keyOf(owner));
      return current(owner);
    },
    renewed: (owner, refusedGeneration, always = false) => {
      kept.drop(keyOf(owner));
      return renewRefused(deps, owner, refusedGeneration, always);
    },
    fresh: async (owner, minSeconds) =>
      ifFresh(minSeconds, await current(owner)) ??
      asking.get(`${keyOf(owner)}:${minSeconds}`, () =>
        obtain(deps, owner, { above: 0, ...freshFor(minSeconds) }),
      ),
    put: async (tx, owner, minted, madeFrom) => {
      const existing = await findToken(tx, owner);
      const id = newId<string>('tkn');
      const generation = existing?.generation ?? 0;
      const sealer = await keyring.keyForSealing(owner.workspaceId);
      const token = sealedToken(deps, sealer, { id, owner, generation, madeFrom }, minted, null);
      await putToken(tx, owner, id, madeFrom, token);
    },
    move: moveToken,
    destroy: deleteToken,
    tryAgain: async (tx, owners) => {
      for (const owner of owners) await clearRetry(tx, owner);
    },
    forRevoking: async (tx, owner) => {
      await lockToken(tx, owner);
      const row = await findToken(tx, owner);
      if (row === null || row.sealed === null || row.madeFrom !== 'refresh_token') return null;
      const { id, generation } = row;
      const result = await openTokens(
        { keyring },
        { workspaceId: owner.workspaceId, id, generation },
        row.sealed,
      );
      return result.kind === 'opened' ? { ...result.secrets, expiresAt: row.expiresAt } : null;
    },
    facts: tokenFacts,
    sweep: async () => {
      // What another process of this machine left behind.
      replay.start();
      await enqueueDue({ ...deps, sweepStore: given.sweepStore });
    },
    renewDue: (owner, generation) => renewDue(deps, owner, generation),
    sayEnd: (owner) => sayEnd(deps, owner),
    replay: async () => {
      await journal.prepare();
      await replay.once();
      replay.start();
    },
    hear,
    drain: async () => {
      while (renewals.size > 0) await Promise.allSettled(renewals);
      await replay.stop(settings.leaseMs);
    },
  };
}
