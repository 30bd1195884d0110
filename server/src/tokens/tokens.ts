import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { keyOf } from './announce.ts';
import { createKept } from './kept.ts';
import type { Mint, TokenOwner } from './mint.ts';
import { type ObtainDeps, obtain } from './obtain.ts';
import { isRenewable, sealedToken } from './renew.ts';
import { DEFAULT_TOKEN_SETTINGS, type TokenSettings } from './settings.ts';
import { isGood } from './times.ts';
import type { TokenEvents, Tokens } from './token.ts';
import { openTokens } from './token-box.ts';
import { clearRetry, deleteToken, findToken, moveToken, putToken, tokenFacts } from './token-store.ts';
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
  /** Asked before a token is renewed; throws where nothing may leave this server now. */
  mayLeave?: () => undefined | Promise<void>;
  log: { warn(fields: object, message: string): void };
}

/** At one time; more waits for the next sweep. */
const MOST_AT_ONCE = 500;

export function createTokens(given: TokensDeps): Tokens {
  const settings = { ...DEFAULT_TOKEN_SETTINGS, ...given.settings };
  const { clock, transact, keyring } = given;
  const waiting = createWaiting();
  const renewals = new Set<Promise<unknown>>();
  const deps: ObtainDeps = {
    ...given,
    settings,
    waiting,
    random: Math.random,
    holder: newId('proc'),
    underWay: (work) => {
      renewals.add(work);
      return work.finally(() => renewals.delete(work));
    },
  };
  const kept = createKept({
    clock,
    keepMs: settings.keepInMemoryMs,
    isGood: ({ token }) => isGood(token, clock.now(), settings.closeMs),
  });
  const find = (owner: TokenOwner) => transact(owner.workspaceId, (tx) => findToken(tx, owner));

  return {
    current: (owner) =>
      kept.get(keyOf(owner), () => obtain(deps, owner, { above: 0, goodForMs: settings.closeMs })),
    renewed: async (owner, refusedGeneration, always = false) => {
      kept.drop(keyOf(owner));
      const row = await find(owner);
      if (row === null) return { kind: 'as_it_is' };
      if (row.ended !== null) return { kind: 'ended', ...row.ended };
      const isNewer = row.generation > refusedGeneration;
      const forcedMs = clock.now().getTime() - (row.forcedAt?.getTime() ?? 0);
      // Whoever renews it right now does so for this refusal, too.
      const isUnderWay = row.leasedForMs !== null;
      // Late in its life a refusal is most likely its end: some count seconds from the last full one.
      const isLate = !isGood(row, clock.now(), Number.POSITIVE_INFINITY, 0.5);
      const isTime = isUnderWay || isLate || forcedMs >= settings.forceGapMs;
      const mayForce = isRenewable(row) && (always || isTime);
      if (!isNewer && !mayForce) return { kind: 'as_it_is' };
      return obtain(deps, owner, { above: refusedGeneration, goodForMs: 0, isForced: true });
    },
    fresh: (owner, minSeconds) =>
      obtain(deps, owner, { above: 0, goodForMs: minSeconds * 1000, partOfLife: 0.5 }),
    put: async (tx, owner, minted, madeFrom) => {
      const existing = await findToken(tx, owner);
      const id = newId<string>('tkn');
      const generation = existing?.generation ?? 0;
      const token = await sealedToken(deps, { id, owner, generation, madeFrom }, minted, null);
      await putToken(tx, owner, id, madeFrom, token);
    },
    move: moveToken,
    destroy: deleteToken,
    tryAgain: async (tx, owners) => {
      for (const owner of owners) await clearRetry(tx, owner);
    },
    forRevoking: async (owner) => {
      const row = await find(owner);
      if (row === null || row.sealed === null) return null;
      const { id, generation } = row;
      const result = await openTokens(
        { keyring },
        { workspaceId: owner.workspaceId, id, generation },
        row.sealed,
      );
      return result.kind === 'opened' ? result.secrets : null;
    },
    facts: tokenFacts,
    sweep: async () => {
      const now = clock.now();
      await given.sweepStore.enqueueDue(now, new Date(now.getTime() + 2 * settings.leaseMs), MOST_AT_ONCE);
    },
    renewDue: async (owner, generation) => {
      const row = await find(owner);
      if (row === null || row.generation !== generation || row.leasedForMs !== null) return;
      await obtain(deps, owner, { above: generation, goodForMs: 0 });
    },
    hear: (key) => {
      kept.drop(key);
      waiting.wake(key);
    },
    drain: async () => {
      while (renewals.size > 0) await Promise.allSettled(renewals);
    },
  };
}
