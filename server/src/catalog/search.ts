import type { Definition } from './definition.ts';

const LONGEST_TEXT = 200;
const prepared = new Map<string, Prepared>();

type Searchable = Pick<Definition, 'slug' | 'name' | 'category' | 'synonyms' | 'description'>;

/**
 * Integrations that fit what was typed so far, best first. Case, accents, spaces and punctuation do not matter, and
 * one typo is forgiven from four letters on, two from eight (insert, leave out, change or swap a letter).
 */
export function searchIntegrations<T extends Searchable>(
  sortedByName: readonly T[],
  text: string,
): readonly T[] {
  const wanted = plain(text);
  if (wanted === '') return text.trim() === '' ? sortedByName : [];
  const words = text.split(/\s+/).map(plain).filter(Boolean);
  return sortedByName
    .map((entry) => ({ entry, score: scoreOf(entry, wanted, words) }))
    .filter((scored) => scored.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((scored) => scored.entry);
}

function scoreOf(entry: Searchable, wanted: string, words: readonly string[]): number {
  const whole = Math.max(
    matchScore(entry.name, wanted, 100),
    matchScore(entry.slug, wanted, 95),
    ...entry.synonyms.map((synonym) => matchScore(synonym, wanted, 70)),
    matchScore(entry.category, wanted, 50),
  );
  if (whole > 0 || words.length < 2) return whole;
  const each = words.map((word) => scoreOf(entry, word, []));
  return each.every((score) => score > 0) ? Math.min(...each) / 2 : 0;
}

/** `weight` is what an exact match is worth; what is found less directly is worth less. */
function matchScore(candidate: string, wanted: string, weight: number): number {
  const { whole, parts } = prepare(candidate);
  if (whole === wanted) return weight;
  if (whole.startsWith(wanted)) return weight * 0.9;
  if (parts.some((part) => part.startsWith(wanted))) return weight * 0.8;
  if (wanted.length >= 3 && whole.includes(wanted)) return weight * 0.6;
  const typos = wanted.length >= 8 ? 2 : wanted.length >= 4 ? 1 : 0;
  if (typos > 0 && [whole, ...parts].some((part) => prefixDistance(wanted, part, typos) <= typos))
    return weight * 0.4;
  return 0;
}

/** Lower case letters and digits only: "Hunter.io" and "hunter io" are the same. */
function plain(text: string): string {
  return text
    .slice(0, LONGEST_TEXT)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

interface Prepared {
  whole: string;
  parts: readonly string[];
}

/** Names are prepared once: searching runs with each key that is pressed. */
function prepare(candidate: string): Prepared {
  let entry = prepared.get(candidate);
  if (entry === undefined) {
    entry = { whole: plain(candidate), parts: candidate.split(/[\s._/-]+/).map(plain) };
    if (prepared.size > 50_000) prepared.clear();
    prepared.set(candidate, entry);
  }
  return entry;
}

/**
 * The least number of edits (a swap of neighbours is one) that make `typed` a beginning of `word`, or `limit + 1`.
 * A beginning, because people are still typing.
 */
function prefixDistance(typed: string, word: string, limit: number): number {
  if (word.length < typed.length - limit) return limit + 1;
  const columns = Math.min(word.length, typed.length + limit);
  let before: number[] = [];
  let previous = Array.from({ length: columns + 1 }, (_, column) => column);
  for (let row = 1; row <= typed.length; row++) {
    const current = [row];
    for (let column = 1; column <= columns; column++) {
      const same = typed[row - 1] === word[column - 1];
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1];
      if (swapped) best = Math.min(best, at(before, column - 2) + 1);
      current.push(best);
    }
    if (Math.min(...current) > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return Math.min(...previous);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
