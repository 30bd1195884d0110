/** More than that of a text is not looked at. */
export const LONGEST_TEXT = 200;

/** What is looked for: the text as it is compared, its letters, and how many typos it may have. */
export interface Wanted {
  text: string;
  letters: number;
  typos: number;
}

/** One name an integration is found by. `weight` is what an exact match is worth; what is found less directly is worth less. */
export interface Candidate {
  weight: number;
  /** A sentence: found by how its words begin alone. */
  isProse: boolean;
  whole: string;
  /** What is found by a part from its middle: "mail" in "Gmail". */
  within: string;
  /** The whole first, then its words, where it has several. */
  pieces: readonly { text: string; letters: number }[];
}

export function wantedAs(text: string, mayHaveTypos: boolean): Wanted {
  const typos = text.length >= 8 ? 2 : text.length >= 4 ? 1 : 0;
  return { text, letters: lettersOf(text), typos: mayHaveTypos ? typos : 0 };
}

export function candidateOf(name: string, weight: number): Candidate {
  const whole = plain(name);
  const parts = name.split(/[\s._/-]+/).map(plain);
  const texts = parts.length > 1 ? [whole, ...parts.filter(Boolean)] : [whole];
  const pieces = texts.map((text) => ({ text, letters: lettersOf(text) }));
  return { weight, isProse: false, whole, within: whole, pieces };
}

/** A sentence. */
export function proseOf(sentence: string, weight: number): Candidate {
  const candidate = candidateOf(sentence, weight);
  candidate.isProse = true;
  return candidate;
}

/** Several words that are no name: a part from the middle is of one of them, "ecom" is not in "Create company". */
export function phraseOf(phrase: string, weight: number): Candidate {
  const candidate = candidateOf(phrase, weight);
  const words = candidate.pieces.map(({ text }) => text);
  candidate.within = (words.length > 1 ? words.slice(1) : words).join(' ');
  return candidate;
}

/** Of so few letters with a typo, the beginning of a long word would be anything. */
const FEW_LETTERS = 5;

/** How well what was typed so far fits a name: 0 to the weight of the name. */
export function matchScore(
  { weight, isProse, whole, within, pieces }: Candidate,
  { text, letters, typos }: Wanted,
): number {
  if (isProse) return text.length >= 3 && pieces.some((piece) => piece.text.startsWith(text)) ? weight : 0;
  if (whole.startsWith(text)) return whole.length === text.length ? weight : weight * 0.9;
  if (pieces.some((piece) => piece.text.startsWith(text))) return weight * 0.8;
  if (text.length >= 3 && within.includes(text)) return weight * 0.6;
  if (typos === 0) return 0;
  // Each letter that is not there at all is a typo: that rules most out without looking closer.
  const isClose = pieces.some(
    (piece) =>
      countBits(letters & ~piece.letters) <= typos &&
      (text.length > FEW_LETTERS || piece.text.length <= text.length + 1) &&
      prefixDistance(text, piece.text, typos) <= typos,
  );
  return isClose ? weight * 0.4 : 0;
}

/** The best of several names of one thing. */
export function bestOf(candidates: readonly Candidate[], wanted: Wanted): number {
  let best = 0;
  for (const candidate of candidates)
    if (candidate.weight > best) best = Math.max(best, matchScore(candidate, wanted));
  return best;
}

/** Lower case letters and digits only: "Hunter.io" and "hunter io" are the same. */
export function plain(text: string): string {
  const short = text.slice(0, LONGEST_TEXT);
  if (/^[ -~]*$/.test(short)) return short.toLowerCase().replace(/[^a-z0-9]/g, '');
  return short
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Which letters there are, as bits; some share one. */
function lettersOf(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits |= 1 << (text.charCodeAt(at) & 31);
  return bits;
}

function countBits(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** Rows of the table below, used again by each call: they are the costly part of it. */
let [before, previous, current] = [0, 1, 2].map(() => new Uint16Array(LONGEST_TEXT + 4)) as [
  Uint16Array,
  Uint16Array,
  Uint16Array,
];

/**
 * The least number of edits (a swap of neighbours is one) that make `typed` a beginning of `word`, or `limit + 1`.
 * A beginning, because people are still typing.
 */
function prefixDistance(typed: string, word: string, limit: number): number {
  if (word.length < typed.length - limit) return limit + 1;
  const columns = Math.min(word.length, typed.length + limit);
  for (let column = 0; column <= columns; column++) previous[column] = column;
  for (let row = 1; row <= typed.length; row++) {
    // Further from the diagonal than `limit` is further than `limit` in edits.
    const from = Math.max(1, row - limit);
    const until = Math.min(columns, row + limit);
    current[from - 1] = from === 1 ? row : FAR;
    if (row + limit <= columns) previous[row + limit] = FAR;
    let least = at(current, from - 1);
    for (let column = from; column <= until; column++) {
      const same = typed[row - 1] === word[column - 1];
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1];
      if (swapped) best = Math.min(best, at(before, column - 2) + 1);
      current[column] = best;
      least = Math.min(least, best);
    }
    if (least > limit) return limit + 1;
    [before, previous, current] = [previous, current, before];
  }
  let least = limit + 1;
  const last = Math.min(columns, typed.length + limit);
  for (let column = Math.max(0, typed.length - limit); column <= last; column++)
    least = Math.min(least, at(previous, column));
  return least;
}

/** More than any limit. */
const FAR = 1_000;

function at(row: Uint16Array, column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
