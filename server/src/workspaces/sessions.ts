import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { hashOf, newCode } from './secret-text.ts';
import type { SessionStore, Standing, StoredSession } from './session-store.ts';
import type { Client, Visitor } from './visitor.ts';

export interface SessionLimits {
  idleDays: number;
  maxDays: number;
}

export interface SessionsDeps {
  store: SessionStore;
  clock: Clock;
  limits: SessionLimits;
}

export interface OpenedSession {
  /** For the cookie; only its hash is stored. */
  token: string;
  expiresAt: Date;
}

/** A person has browsers, not thousands: beyond this the ones unused longest end. */
const MAX_PER_PERSON = 20;
/** `used_at` need not be exact, so that reading costs no write. */
const TOUCH_EVERY_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

/** A new session with a new token: what a browser sent before signing in never becomes one. */
export async function openSession(
  deps: SessionsDeps,
  userId: string,
  client: Client,
): Promise<OpenedSession> {
  const { store, clock, limits } = deps;
  const now = clock.now();
  const token = newCode();
  const expiresAt = new Date(now.getTime() + limits.maxDays * DAY_MS);
  await store.insert(
    { id: newId('ses'), userId, tokenHash: hashOf(token), now, expiresAt, ...client },
    MAX_PER_PERSON,
  );
  return { token, expiresAt };
}

/**
 * Whose session the token is. Null when there is none, it was not used for too long, or it is too old. Asked of the
 * database each time, so that a session ended anywhere has ended everywhere.
 */
export async function visitorOf(deps: SessionsDeps, token: string): Promise<Visitor | null> {
  if (!isWellFormed(token)) return null;
  const session = await deps.store.find(hashOf(token));
  return session ? inUse(deps, session) : null;
}

/** The same, and what they are in the workspace, asked together. */
export async function visitorIn(
  deps: SessionsDeps,
  token: string,
  workspaceId: string,
): Promise<{ visitor: Visitor; standing: Standing } | null> {
  if (!isWellFormed(token)) return null;
  const found = await deps.store.findIn(hashOf(token), workspaceId);
  const visitor = found && (await inUse(deps, found.session));
  return found && visitor ? { visitor, standing: found.standing } : null;
}

function isWellFormed(token: string): boolean {
  return /^[\w-]{43}$/.test(token);
}

async function inUse(
  { store, clock, limits }: SessionsDeps,
  session: StoredSession,
): Promise<Visitor | null> {
  const now = clock.now();
  if (session.expiresAt <= now || session.usedAt < idleSince(now, limits)) return null;
  if (now.getTime() - session.usedAt.getTime() > TOUCH_EVERY_MS) await store.touch(session.id, now);
  return { sessionId: session.id, userId: session.userId, name: session.name, email: session.email };
}

export function idleSince(now: Date, { idleDays }: SessionLimits): Date {
  return new Date(now.getTime() - idleDays * DAY_MS);
}
