import { z } from 'zod';
import type { Job } from '../jobs/job.ts';
import type { Clock } from '../lib/clock.ts';
import type { InvitationLookup } from './invitation-store.ts';
import type { SessionStore } from './session-store.ts';
import { idleSince, type SessionLimits } from './sessions.ts';
import type { SignInStore } from './sign-in-store.ts';

/** Every hour: forgets sessions that ended by time, attempts to sign in that count no more, and links of long ago. */
export const peopleSweep: Job<Record<string, never>> = {
  name: 'people.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};

interface Deps {
  sessions: Pick<SessionStore, 'endOlderThan'>;
  signIns: Pick<SignInStore, 'forgetAttempts'>;
  invitations: Pick<InvitationLookup, 'forget'>;
  clock: Clock;
  limits: SessionLimits;
}

const ATTEMPTS_COUNT_MS = 15 * 60_000;
/** So long a link says what became of it. */
const LINKS_KEPT_MS = 90 * 86_400_000;

export async function sweepPeople({ sessions, signIns, invitations, clock, limits }: Deps): Promise<void> {
  const now = clock.now();
  await sessions.endOlderThan(idleSince(now, limits), now);
  await signIns.forgetAttempts(new Date(now.getTime() - ATTEMPTS_COUNT_MS));
  await invitations.forget(new Date(now.getTime() - LINKS_KEPT_MS));
}
