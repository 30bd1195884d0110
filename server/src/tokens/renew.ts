import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { askedWithCare } from './ask.ts';
import type { Journal } from './journal.ts';
import { keepNew, writeKept } from './keep-new.ts';
import type { Mint } from './mint.ts';
import { sealedToken } from './new-token.ts';
import { end, fail, hold, insistently } from './outcomes.ts';
import type { TokenSettings } from './settings.ts';
import type { TokenEvents } from './token.ts';
import { openTokens } from './token-box.ts';
import type { Lease, TokenRow } from './token-row.ts';

export interface RenewDeps {
  transact: Transact;
  keyring: Keyring;
  clock: Clock;
  random: () => number;
  mint: Mint;
  events: TokenEvents;
  settings: TokenSettings;
  journal: Journal;
  /** The journal is not empty. */
  onKept(): void;
  log: { warn(fields: object, message: string): void };
}

/** A row somebody has the right to renew, and whether an earlier renewal of it was cut off. */
export interface Claimed {
  row: TokenRow;
  lease: Lease;
  interruptedAt: Date | null;
  /** The token that is there was refused before its time: nothing is lost by asking. */
  isForced: boolean;
  /** By the clock that only goes forward: when the lease was asked for. */
  leasedAt: number;
}

/** `kept`: what came is in the journal, and goes to the database by itself. */
export type Renewed = 'written' | 'kept';

/**
 * Renews once, with the lease in hand, and writes down what came of it. The new token is stored before anybody is given it,
 * and before anything else of the answer is looked at. Where the lease was lost meanwhile (a sign-in, a disconnect), nothing
 * is written. Ends when what came is in the database, or, of a new token, in the journal.
 */
export async function renew(deps: RenewDeps, claimed: Claimed): Promise<Renewed> {
  const { row, interruptedAt } = claimed;
  if (interruptedAt !== null && (await writeKept(deps, claimed))) return 'written';
  const refreshToken = await refreshTokenOf(deps, row);
  // Had before anybody is asked: when the answer is there, the database with the keys may be away.
  const sealer = await deps.keyring.keyForSealing(row.owner.workspaceId);
  const outcome = await askedWithCare(deps, claimed, refreshToken);
  switch (outcome.kind) {
    case 'lost':
      return 'written';
    case 'held':
      return insistently(deps, () => hold(deps, claimed));
    case 'minted': {
      const token = sealedToken(deps, sealer, row, outcome.minted, refreshToken);
      return keepNew(deps, claimed, sealer, token, outcome.takeBack);
    }
    case 'ended':
      return insistently(deps, () => end(deps, claimed, outcome.because, outcome.words));
    case 'setup_rejected':
    case 'not_now':
      return insistently(deps, () => fail(deps, claimed, outcome));
  }
}

async function refreshTokenOf(deps: RenewDeps, { id, owner, generation, sealed, hasRefreshToken }: TokenRow) {
  if (sealed === null || !hasRefreshToken) return null;
  const place = { workspaceId: owner.workspaceId, id, generation };
  const result = await openTokens(deps, place, sealed);
  return result.kind === 'opened' ? result.secrets.refreshToken : null;
}
