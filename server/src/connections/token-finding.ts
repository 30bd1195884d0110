import type { Unavailable } from '../outbound/credential-source.ts';
import type { MintOutcome } from '../tokens/mint.ts';
import { toldWords } from './told-words.ts';
import { type Finding, finding } from './verdict.ts';

/** A check of what was just entered did not get as far as the integration: no token was made of it. */
export function findingWithoutMint(outcome: Exclude<MintOutcome, { kind: 'minted' }>): Finding {
  switch (outcome.kind) {
    case 'ended':
      return endedFinding(outcome.because, outcome.words, outcome.advice);
    case 'setup_rejected':
      return finding('provider_error', {
        said: outcome.words,
        advice: outcome.advice ?? null,
        because: SETUP,
      });
    case 'not_now': {
      const { words: said, advice = null, retryAfterSeconds, isClockOff = false } = outcome;
      const known = { said, advice, retryAfterSeconds, isClockOff };
      if (outcome.because === 'rate_limited') return finding('rate_limited', known);
      return finding(outcome.because, { ...known, because: NO_TOKEN });
    }
  }
}

/** The same for a saved one; null where it is for another reason that there is no credential. */
export function findingUnavailable({
  because,
  words = null,
  retryAfterSeconds = null,
}: Pick<Unavailable, 'because' | 'words'> & { retryAfterSeconds?: number | null }): Finding | null {
  const { said, advice } = toldWords(words);
  switch (because) {
    case 'expired':
    case 'revoked':
    case 'rejected':
      return endedFinding(because, said, advice);
    case 'setup_rejected':
      return finding('provider_error', { said, advice, because: SETUP });
    case 'renewing':
    case 'not_renewed':
      return finding('provider_error', { said, advice, retryAfterSeconds, because: NO_TOKEN });
    default:
      return null;
  }
}

function endedFinding(
  because: 'expired' | 'revoked' | 'rejected',
  said: string | null,
  advice: string | null = null,
): Finding {
  if (because === 'rejected') return finding('rejected', { said, advice });
  return finding('expired', { said, advice, isWithdrawn: because === 'revoked' });
}

const SETUP = 'it does not accept the one-time sign-in setup';
const NO_TOKEN = 'it gave no new access token just now';
