import type { Definition } from './definition.ts';
import {
  type Candidate,
  candidateOf,
  LONGEST_TEXT,
  matchScore,
  plain,
  type Wanted,
  wantedAs,
} from './near-names.ts';

type Searchable = Pick<Definition, 'slug' | 'name' | 'category' | 'synonyms' | 'description'>;

/**
 * Words that people add to a name and that tell nothing apart. Where nothing has all words, these are left out.
 */
const PADDING = new Set(
  'a account and api app by connect connection connector for in integration key login my of sales software the to token tool with'.split(
    ' ',
  ),
);

/**
 * Integrations that fit what was typed so far, best first. Case, accents, spaces and punctuation do not matter. Where nothing
 * fits as it is written, typos are forgiven: one from four letters on, two from eight (insert, leave out, change or swap a letter).
 */
export function searchIntegrations<T extends Searchable>(
  sortedByName: readonly T[],
  text: string,
): readonly T[] {
  const typed = text.slice(0, LONGEST_TEXT);
  if (plain(typed) === '') return text.trim() === '' ? sortedByName : [];
  const words = typed.split(/\s+/);
  const telling = words.filter((word) => !PADDING.has(plain(word))).join(' ');
  for (const looked of telling === '' || telling === typed ? [typed] : [typed, telling])
    for (const mayHaveTypos of [false, true]) {
      const found = fitting(sortedByName, looked, mayHaveTypos);
      if (found.length > 0) return found;
    }
  return [];
}

function fitting<T extends Searchable>(sortedByName: readonly T[], text: string, mayHaveTypos: boolean): T[] {
  const wantedOf = (plainText: string) => wantedAs(plainText, mayHaveTypos);
  const whole = wantedOf(plain(text));
  const words = [...new Set(text.split(/\s+/).map(plain).filter(Boolean))].map(wantedOf);
  const found: { entry: T; score: number }[] = [];
  for (const entry of sortedByName) {
    const score = scoreOf(prepare(entry), whole, words);
    if (score > 0) found.push({ entry, score });
  }
  return found.sort((a, b) => b.score - a.score).map(({ entry }) => entry);
}

function scoreOf(candidates: readonly Candidate[], whole: Wanted, words: readonly Wanted[]): number {
  const found = bestOf(candidates, whole);
  if (found > 0 || words.length < 2) return found;
  let worst = Number.POSITIVE_INFINITY;
  for (const word of words) {
    const score = bestOf(candidates, word);
    if (score === 0) return 0;
    worst = Math.min(worst, score);
  }
  return worst / 2;
}

function bestOf(candidates: readonly Candidate[], wanted: Wanted): number {
  let best = 0;
  for (const candidate of candidates)
    if (candidate.weight > best) best = Math.max(best, matchScore(candidate, wanted));
  return best;
}

/** Names are prepared once: searching runs with each key that is pressed. */
const prepared = new WeakMap<Searchable, readonly Candidate[]>();

function prepare(entry: Searchable): readonly Candidate[] {
  let candidates = prepared.get(entry);
  if (candidates === undefined) {
    candidates = [
      candidateOf(entry.name, 100),
      candidateOf(entry.slug, 95),
      ...entry.synonyms.map((synonym) => candidateOf(synonym, 70)),
      candidateOf(entry.category, 50),
      { ...candidateOf(entry.description, 25), isProse: true },
    ];
    prepared.set(entry, candidates);
  }
  return candidates;
}
