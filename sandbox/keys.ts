/** How a sandbox key behaves, told from its own text. Anything that is no sandbox key of this provider is rejected. */
export type KeyBehaviour =
  | { kind: 'good' }
  | { kind: 'rejected' }
  | { kind: 'limited' }
  | { kind: 'credits'; credits: number }
  /** 0 calls a second: every call is refused. */
  | { kind: 'throttled'; callsPerSecond: number }
  | { kind: 'slow'; ms: number | null }
  | { kind: 'hang' }
  /** The first `calls` calls fail; without a number all do. */
  | { kind: 'down'; calls: number }
  | { kind: 'html' }
  | { kind: 'huge' }
  | { kind: 'bomb' }
  | { kind: 'error200' }
  /** Given out at a sign-in: the sandbox knows whose it is and how long it lives. */
  | { kind: 'signed_in' };

/** One line per kind of key, for the start page and `--help`. `hunter` stands for any integration here. */
export const KEY_HELP: readonly (readonly [string, string])[] = [
  ['sandbox-hunter-good', 'works, within the documented rate limits; add -2, -anna, … for further accounts'],
  ['sandbox-hunter-bad', 'is not accepted, as any key that is not listed here'],
  ['sandbox-hunter-limited', 'is accepted, but lacks a permission'],
  [
    'sandbox-hunter-no-credits',
    'has no credits; -credits-25 has 25, then none (POST /top-up gives more); the start page says whose keys',
  ],
  ['sandbox-hunter-throttled', 'is always throttled; -throttled-5 takes 5 calls a second'],
  ['sandbox-hunter-slow', 'answers after 5 seconds; -slow-800 after 800 milliseconds'],
  ['sandbox-hunter-hang', 'never answers'],
  ['sandbox-hunter-down', 'answers 503; -down-3 does so three times, then works'],
  ['sandbox-hunter-html', 'answers 200 with a page of HTML'],
  ['sandbox-hunter-huge', 'answers with 200 MB'],
  ['sandbox-hunter-bomb', 'answers with 200 KB that unpack to 200 MB'],
  ['sandbox-hunter-error200', 'answers 200 with an error inside'],
];

export function behaviourOf(key: string | null, slug: string): KeyBehaviour {
  const prefix = `sandbox-${slug}-`;
  if (key === null || !key.startsWith(prefix)) return { kind: 'rejected' };
  const [word = '', ...rest] = key.slice(prefix.length).split('-');
  const number = /^\d{1,6}$/.test(rest[0] ?? '') ? Number(rest[0]) : null;
  switch (word) {
    case 'good':
      return { kind: 'good' };
    case 'oauth':
      return { kind: 'signed_in' };
    case 'limited':
    case 'hang':
    case 'html':
    case 'huge':
    case 'bomb':
    case 'error200':
      return { kind: word };
    case 'no':
      return rest[0] === 'credits' ? { kind: 'credits', credits: 0 } : { kind: 'rejected' };
    case 'credits':
      return { kind: 'credits', credits: number ?? 25 };
    case 'throttled':
      return { kind: 'throttled', callsPerSecond: number ?? 0 };
    case 'slow':
      return { kind: 'slow', ms: number };
    case 'down':
      return { kind: 'down', calls: number ?? Number.POSITIVE_INFINITY };
    default:
      return { kind: 'rejected' };
  }
}
