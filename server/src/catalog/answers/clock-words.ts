/** Less than this explains nothing: no provider is so strict. */
const NOTEWORTHY_MS = 30_000;
/** From here on a refusal of something that has our time in it is the clock's. The strictest provider allows a minute, most five. */
const TELLING_MS = 5 * 60_000;

type Headers = Readonly<Record<string, string>>;

/** How far this server's clock is ahead of the other side's, by the Date of its answer; null: not said, or from a cache. */
function clockAheadMs({ date, age }: Headers, now: Date): number | null {
  const theirs = date === undefined || age !== undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirs) ? null : now.getTime() - theirs;
}

/** Whether our clock alone explains why something that has our time in it was refused, whatever the answer says. */
export function isClockFarOff(headers: Headers, now: Date): boolean {
  return Math.abs(clockAheadMs(headers, now) ?? 0) >= TELLING_MS;
}

/** What to say of an answer by which the other side does not believe the time we named: by how much our clock is off. */
export function clockWords(headers: Headers, now: Date): string {
  const aheadMs = clockAheadMs(headers, now);
  if (aheadMs === null) return `The clock of this server may be wrong. ${ADVICE}`;
  if (Math.abs(aheadMs) < NOTEWORTHY_MS)
    return `The time in the request was not believed, though the clock of this server is right to ${inWords(Math.abs(aheadMs))}. Try again in a moment.`;
  return `The clock of this server is wrong: it is ${inWords(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}. ${ADVICE}`;
}

const ADVICE = 'Set it right (NTP); nothing is wrong with what was entered.';

const UNITS = [
  { ms: 86_400_000, name: 'day', from: 2 },
  { ms: 3_600_000, name: 'hour', from: 0.99 },
  { ms: 60_000, name: 'minute', from: 1.5 },
];

/** "45 seconds", "12 minutes", "1 hour", "3 days", rounded. */
function inWords(ms: number): string {
  const unit = UNITS.find((one) => ms >= one.ms * one.from) ?? { ms: 1_000, name: 'second' };
  const many = Math.max(1, Math.round(ms / unit.ms));
  return `${many} ${unit.name}${many === 1 ? '' : 's'}`;
}
