/** Less than this explains nothing: no provider is so strict. */
const NOTEWORTHY_MS = 30_000;

/**
 * What to say of an answer by which the other side does not believe the time we named. By how much the clock of this server
 * is off is told from the Date of the answer.
 */
export function clockWords(headers: Readonly<Record<string, string>>, now: Date): string {
  const theirs = Date.parse(headers.date ?? '');
  const offMs = now.getTime() - theirs;
  if (Number.isNaN(offMs)) return `The clock of this server may be wrong. ${ADVICE}`;
  if (Math.abs(offMs) < NOTEWORTHY_MS)
    return `The time in the request was not believed, but the clock of this server is right to ${seconds(offMs)}. Try again in a moment.`;
  return `The clock of this server is wrong: it is ${inWords(Math.abs(offMs))} ${offMs > 0 ? 'ahead' : 'behind'}. ${ADVICE}`;
}

const ADVICE = 'Set it right (NTP); nothing is wrong with what was entered.';

function seconds(offMs: number): string {
  const whole = Math.max(1, Math.round(Math.abs(offMs) / 1_000));
  return `${whole} ${whole === 1 ? 'second' : 'seconds'}`;
}

/** "45 seconds", "12 minutes", "1 hour", "3 days", rounded. */
function inWords(ms: number): string {
  const units: readonly (readonly [number, string, number])[] = [
    [86_400_000, 'day', 2],
    [3_600_000, 'hour', 0.99],
    [60_000, 'minute', 1],
  ];
  const [size, unit] = units.find(([length, , least]) => ms >= length * least) ?? [1_000, 'second'];
  const many = Math.max(1, Math.round(ms / size));
  return `${many} ${unit}${many === 1 ? '' : 's'}`;
}
