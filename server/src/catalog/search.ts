import type { Definition } from './definition.ts';
import { bestOf, type Candidate, candidateOf, proseOf } from './near-names.ts';
import {
  ACTION_WEIGHT,
  type ActionName,
  type ActionToFind,
  actionScore,
  actionToFind,
} from './search-actions.ts';
import { type LookedFor, stagesOf } from './search-words.ts';

export interface Searchable
  extends Pick<Definition, 'slug' | 'name' | 'category' | 'synonyms' | 'description'> {
  /** Hosts. */
  sites: readonly string[];
  actions: readonly ActionName[];
}

/**
 * Integrations that fit what was typed so far, by what they are called, where they are or what they can do, best first. Case, accents, spaces
 * and punctuation do not matter. Where nothing fits as it is written, typos are forgiven: one from four letters on, two from
 * eight (insert, leave out, change or swap a letter).
 */
export function searchIntegrations<T extends Searchable>(
  sortedByName: readonly T[],
  text: string,
): readonly T[] {
  if (text.trim() === '') return sortedByName;
  for (const looked of stagesOf(text)) {
    const found: { entry: T; score: number }[] = [];
    for (const entry of sortedByName) {
      const score = Math.max(siteScore(entry, looked), scoreOf(prepare(entry), looked));
      if (score > 0) found.push({ entry, score });
    }
    if (found.length > 0) return found.sort((a, b) => b.score - a.score).map(({ entry }) => entry);
  }
  return [];
}

/** What of an integration's actions fits the text that found the integration, best first. */
export function actionsFound(entry: Searchable, text: string): readonly ActionName[] {
  const { all, names, actions } = prepare(entry);
  let isFoundByName = false;
  for (const looked of stagesOf(text)) {
    isFoundByName ||= nameScore(all, looked) > 0;
    const found = actions
      .map((action) => ({ action: action.of, score: actionScore(action, looked, names) }))
      .filter(({ score }) => score > 0);
    // What is found by its name has none of the actions that more typos would find.
    if (found.length > 0 || siteScore(entry, looked) > 0 || (looked.mayBeSaid && isFoundByName))
      return found.sort((a, b) => b.score - a.score).map(({ action }) => action);
  }
  return [];
}

function scoreOf({ all, names, actions }: Prepared, looked: LookedFor): number {
  let best = nameScore(all, looked);
  if (best < ACTION_WEIGHT)
    for (const action of actions) best = Math.max(best, actionScore(action, looked, names));
  return best;
}

/** Whoever has the address of a tool's page open, or of its application below the same domain, finds it by that. */
function siteScore({ sites }: Searchable, { site }: LookedFor): number {
  if (site === null) return 0;
  let best = 0;
  for (const own of sites)
    if (own === site) return 90;
    else if (own.endsWith(`.${site}`) || site.endsWith(`.${own}`)) best = 80;
  return best;
}

function nameScore(candidates: readonly Candidate[], { name }: LookedFor): number {
  if (name === null) return 0;
  const found = bestOf(candidates, name.whole);
  if (found > 0 || name.words.length < 2) return found;
  let worst = Number.POSITIVE_INFINITY;
  for (const word of name.words) {
    const score = bestOf(candidates, word);
    if (score === 0) return 0;
    worst = Math.min(worst, score);
  }
  return worst / 2;
}

interface Prepared {
  /** What the tool is called. */
  names: readonly Candidate[];
  /** All it is found by besides its actions. */
  all: readonly Candidate[];
  actions: readonly ActionToFind[];
}

/** Names are prepared once: searching runs with each key that is pressed. */
const prepared = new WeakMap<Searchable, Prepared>();

function prepare(entry: Searchable): Prepared {
  let ready = prepared.get(entry);
  if (ready === undefined) {
    const names = [candidateOf(entry.name, 100), candidateOf(entry.slug, 95)];
    const all = [
      ...names,
      ...entry.synonyms.map((synonym) => candidateOf(synonym, 70)),
      candidateOf(entry.category, 50),
      proseOf(entry.description, 25),
    ];
    ready = { names, all, actions: entry.actions.map(actionToFind) };
    prepared.set(entry, ready);
  }
  return ready;
}
