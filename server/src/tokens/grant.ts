import type { Minted } from './mint.ts';
import type { TokenTimes } from './times.ts';

/** A known end that no renewal puts off: of a grant, or of a token that nothing renews. */
export interface GrantEnd {
  endsAt: Date;
  /** From then on it ends soon. */
  warnsAt: Date;
}

const DAY_MS = 86_400_000;
/** Time enough to find whoever can sign in. */
const WARN_MS = 30 * DAY_MS;
/** Of a grant of a week this is the last day and a half: said from its first day on, it would be nothing new. */
const WARN_PART = 0.25;
/** An answer that names what is left names it a little differently each time. */
const SAME_MS = 3_600_000;
/** Beyond this nobody plans. */
const LONGEST_MS = 20 * 365 * DAY_MS;

/**
 * The known end after an answer, which may name it anew; one that does not leaves `before` as it was. Of what cannot be
 * renewed its own end is the grant's.
 */
export function grantEndOf(
  { grantEndsInSeconds }: Pick<Minted, 'grantEndsInSeconds'>,
  { mintedAt, expiresAt }: Pick<TokenTimes, 'mintedAt' | 'expiresAt'>,
  isRenewable: boolean,
  before: GrantEnd | null,
): GrantEnd | null {
  const said = grantEndsInSeconds === null ? null : mintedAt.getTime() + grantEndsInSeconds * 1000;
  const own = isRenewable || expiresAt === null ? null : expiresAt.getTime();
  const known = [said, own].filter((at) => at !== null);
  if (known.length === 0) return isRenewable ? before : null;
  const end = Math.min(...known, mintedAt.getTime() + LONGEST_MS);
  if (before !== null && Math.abs(before.endsAt.getTime() - end) <= SAME_MS && isRenewable) return before;
  const leadMs = Math.min(WARN_MS, (end - mintedAt.getTime()) * WARN_PART);
  return { endsAt: new Date(end), warnsAt: new Date(end - leadMs) };
}
