import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import type { GrantEnd } from '../tokens/grant.ts';
import type { Who } from '../workspaces/who.ts';
import type { Connection } from './connection.ts';
import { type ConnectionChange, changeConnection } from './connection-store.ts';
import { changeDates, type EnteredDates, findCredential, NO_DATES } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import { statusByEnd, statusByEnteredEnd, statusByGrantEnd } from './status.ts';

/** What a person gives: a date, null to take it away, or nothing to leave it as it is. */
export interface GivenDates {
  endsAt?: Date | null | undefined;
  rotateAt?: Date | null | undefined;
}

/** The dates of a credential after a person has given some at `at`. */
export function enteredDates(given: GivenDates, before: EnteredDates, at: Date): EnteredDates {
  const { endsAt = before.endsAt, rotateAt = before.rotateAt } = given;
  if (sameMoment(endsAt, before.endsAt) && sameMoment(rotateAt, before.rotateAt)) return before;
  return { endsAt, rotateAt, setAt: endsAt === null && rotateAt === null ? null : at };
}

function sameMoment(one: Date | null, other: Date | null): boolean {
  return one?.getTime() === other?.getTime();
}

interface Known {
  /** The integration's. */
  name: string;
  /** Of the access that signing in gave, where known. */
  grantEnd: GrantEnd | null;
  at: Date;
}

/**
 * When the present credential ends, or is to be replaced, as a person says. Nothing is asked at the provider; what ends soon
 * by the new date says so at once, and what no longer does is as it was before. For a connection taken by `takeConnection`.
 */
export async function changeDatesIn(
  tx: Tx,
  who: Who,
  before: Connection,
  given: GivenDates,
  known: Known,
): Promise<void> {
  const stored = await findCredential(tx, before, 'current');
  if (stored === null) throw noCredential(before);
  const { at } = known;
  const was = stored.dates ?? NO_DATES;
  const dates = enteredDates(given, was, at);
  if (dates === was) return;
  await changeDates(tx, before, dates);
  await changeConnection(tx, before, changeWith(before, dates.endsAt, known), { now: at, byPerson: true });
  const message = messageOf(was, dates);
  await insertEvent(tx, before, { kind: 'dates_changed', message, actor: who.label, at });
  await record(tx, {
    who,
    action: 'connection.dates_changed',
    subject: { kind: 'connection', id: before.id, name: before.name },
    detail: {
      ends_at: dates.endsAt?.toISOString() ?? null,
      rotate_at: dates.rotateAt?.toISOString() ?? null,
    },
  });
}

/** While the catalog has no use for it, what it is to have again follows its dates. */
function changeWith(before: Connection, endsAt: Date | null, known: Known): ConnectionChange {
  const { before: was } = before;
  if (was === null) return statusWith(before, endsAt, known) ?? {};
  const next = statusWith({ ...before, status: was.status }, endsAt, known);
  if (next === null) return {};
  const { status, statusReason: reason, statusSince } = next;
  return { before: { ...was, status, reason, since: statusSince?.toISOString() ?? was.since } };
}

type StatusByDates = Pick<Connection, 'status' | 'statusReason'> & { statusSince?: Date };

/** Only what depends on dates alone is looked at anew: that it is connected is what the last check found. */
function statusWith(
  before: Connection,
  endsAt: Date | null,
  { name, grantEnd, at }: Known,
): StatusByDates | null {
  if (before.status !== 'connected' && before.status !== 'expiring_soon') return null;
  const ending =
    statusByEnd('connected', before.expiresAt, at) ??
    statusByGrantEnd('connected', grantEnd, name, at) ??
    statusByEnteredEnd('connected', endsAt, before.method === 'oauth2', at);
  const status = ending?.status ?? ('connected' as const);
  const statusReason = ending?.reason ?? null;
  return { status, statusReason, ...(status === before.status ? {} : { statusSince: at }) };
}

function messageOf(was: EnteredDates, now: EnteredDates): string {
  const said = [
    sameMoment(was.endsAt, now.endsAt)
      ? null
      : now.endsAt === null
        ? 'The end date was taken away.'
        : `The credentials end on ${dayOf(now.endsAt)}, as entered.`,
    sameMoment(was.rotateAt, now.rotateAt)
      ? null
      : now.rotateAt === null
        ? 'The date for replacing them was taken away.'
        : `The credentials are to be replaced by ${dayOf(now.rotateAt)}.`,
  ];
  return said.filter((one) => one !== null).join(' ');
}

export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function noCredential({ name }: Connection): AppError {
  return new AppError('connection_broken', {
    reason: 'disconnected',
    detail: `“${name}” is disconnected, so there is nothing that ends. Reconnect it first.`,
  });
}
