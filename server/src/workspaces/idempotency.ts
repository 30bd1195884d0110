import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact } from '../lib/tx.ts';
import { hasWritten, keepAnswer, markEffects, releaseKey, takeKey } from './idempotency-store.ts';

/*
 * A key, from the first request with it on:
 *
 *   free → held → answered                  the same request again gets the same answer, for 24 hours
 *          held → (failed, nothing changed) → free
 *          held → (process died, nothing changed, hold ran out) → held by the next attempt
 *          held with effects → (process died before the answer was kept, or did not hear that it was saved)
 *            → answer lost: said, never done again
 *
 * "With effects" is set inside the request's own transactions (`marking`), so it is true exactly when something was
 * committed; and an attempt that lost its hold in the meantime cannot commit any more.
 */

interface Held {
  workspaceId: string;
  key: string;
  id: string;
}

interface IdempotencyDeps {
  transact: Transact;
  clock: Clock;
  /** A keyed hash: a request can hold a password, whose plain hash could be guessed back from a copied database. */
  keyedHash: (text: string) => string;
}

/** Longer than any request that answers at all takes. */
const HOLD_MS = 120_000;
const KEEP_MS = 24 * 3_600_000;

export function createIdempotencyKeys({ transact, clock, keyedHash }: IdempotencyDeps) {
  const running = new AsyncLocalStorage<Held>();

  async function claim(workspaceId: string, key: string, request: string) {
    const now = clock.now();
    const held = { workspaceId, key, id: newId('clm') };
    const requestHash = keyedHash(request);
    const found = await transact(workspaceId, (tx) =>
      takeKey(tx, {
        workspaceId,
        key,
        requestHash,
        claim: held.id,
        now,
        heldUntil: new Date(now.getTime() + HOLD_MS),
        forgetBefore: new Date(now.getTime() - KEEP_MS),
      }),
    );
    if (found === null) return { kind: 'claimed' as const, claim: held };
    if (found.requestHash !== requestHash) return { kind: 'other_request' as const };
    if (found.status !== null) {
      const answer = { status: found.status, body: found.answer ?? '', headers: found.answerHeaders ?? {} };
      return { kind: 'answered' as const, answer };
    }
    if (found.heldUntil > now) return { kind: 'in_progress' as const, retryAfterSeconds: 1 };
    return { kind: 'answer_lost' as const };
  }

  /** `transact` for everybody: within a request that holds a key, what it commits marks the key. */
  const marking: Transact = (workspaceId, work, kind) => {
    const held = running.getStore();
    if (held?.workspaceId !== workspaceId || kind === 'read') return transact(workspaceId, work, kind);
    return transact(workspaceId, async (tx) => {
      const result = await work(tx);
      if ((await hasWritten(tx)) && !(await markEffects(tx, workspaceId, held.key, held.id))) {
        throw new AppError('conflict', {
          reason: 'in_progress',
          detail: 'Another request with this Idempotency-Key took over, as this one took too long.',
        });
      }
      return result;
    });
  };

  const at = (held: Held) => ({ workspaceId: held.workspaceId, key: held.key, claim: held.id });
  return {
    marking,
    keys: {
      claim,
      keep: (held: Held, answer: { status: number; body: string; headers: Record<string, string> }) =>
        transact(held.workspaceId, (tx) => keepAnswer(tx, at(held), answer)),
      release: (held: Held) =>
        transact(held.workspaceId, (tx) => releaseKey(tx, { ...at(held), now: clock.now() })),
      within: (held: Held, work: () => void) => running.run(held, work),
    },
  };
}
