import type { ConnectionEvent } from '@keyrail/contract/connections';

/** An event, and how many of just the same stood right before it. */
export interface Folded {
  event: ConnectionEvent;
  alike: number;
}

/** What happens by itself all day, one after the other, is one line: renewals, and checks that found the same. */
export function folded(events: readonly ConnectionEvent[]): Folded[] {
  const lines: Folded[] = [];
  for (const event of events) {
    const last = lines.at(-1);
    if (last !== undefined && isAlike(last.event, event)) last.alike += 1;
    else lines.push({ event, alike: 0 });
  }
  return lines;
}

const isAlike = (one: ConnectionEvent, other: ConnectionEvent): boolean =>
  (one.kind === 'refreshed' ||
    one.kind === 'refresh_failed' ||
    one.kind === 'checked' ||
    one.kind === 'access_withdrawn') &&
  one.kind === other.kind &&
  one.message === other.message &&
  one.actor === other.actor;
