import type { Action } from './definition/action-definition.ts';
import { bestOf, type Candidate, matchScore, phraseOf, proseOf } from './near-names.ts';
import type { LabelScore, LookedFor, Word } from './search-words.ts';

/** What lists and search need of an action. */
export type ActionName = Pick<Action, 'name' | 'label' | 'description'>;

/** An action, made ready to be found. */
export interface ActionToFind {
  of: ActionName;
  label: Candidate;
  about: Candidate;
}

/** Less than what a tool is called, more than what it is sorted under. */
export const ACTION_WEIGHT = 60;
const ABOUT_WEIGHT = 24;
/** Another word for the same deed is worth a little less. */
const SAME_DEED = 0.8;
/** Nearly every tool can "find" or "get" something. */
const FEWEST_LETTERS = 3;

export function actionToFind(action: ActionName): ActionToFind {
  const { label, description } = action;
  return {
    of: action,
    label: labelOf(label),
    about: proseOf(description, ABOUT_WEIGHT),
  };
}

/** Actions of one name share what is looked at: there are far fewer names than actions. */
const labels = new Map<string, Candidate>();
const MOST_LABELS = 5_000;

function labelOf(label: string): Candidate {
  const known = labels.get(label);
  if (known !== undefined) return known;
  if (labels.size >= MOST_LABELS) labels.clear();
  const candidate = phraseOf(label, ACTION_WEIGHT);
  labels.set(label, candidate);
  return candidate;
}

/**
 * How well a text fits what an action is called: its words are all of the label, or else of the tool's own names, as in "hunter
 * email", or of what is said about the action; one at least is of the label. Where the whole text is the tool's name, it is that.
 */
export function actionScore(
  { label, about }: ActionToFind,
  looked: LookedFor,
  names: readonly Candidate[],
): number {
  const { deed, mayBeSaid } = looked;
  if (deed.whole.text.length < FEWEST_LETTERS) return 0;
  const inLabel = labelScore(label, looked);
  if (inLabel.whole > 0) return inLabel.whole;
  if (inLabel.words.every((score) => score === 0)) return 0;
  let worst = Number.POSITIVE_INFINITY;
  let needsName = false;
  for (const [index, word] of deed.words.entries()) {
    let score = inLabel.words[index] ?? 0;
    if (score === 0 && mayBeSaid) score = matchScore(about, word);
    if (score === 0 && !isDeed(word)) {
      score = bestOf(names, word);
      needsName = true;
    }
    if (score === 0) return 0;
    worst = Math.min(worst, score);
  }
  return needsName && bestOf(names, deed.whole) > 0 ? 0 : worst / 2;
}

function labelScore(label: Candidate, { deed: { whole, words }, labels: known }: LookedFor): LabelScore {
  let score = known.get(label);
  if (score === undefined) {
    const direct = matchScore(label, whole);
    score = { whole: direct, words: direct > 0 ? [] : words.map((word) => wordScore(label, word)) };
    known.set(label, score);
  }
  return score;
}

/** What is to be done is no part of a tool's name, though one may begin so. */
function isDeed(word: Word): boolean {
  return word.also.length > 0;
}

function wordScore(label: Candidate, word: Word): number {
  const score = matchScore(label, word);
  return score > 0 ? score : SAME_DEED * Math.max(0, ...word.also.map((other) => matchScore(label, other)));
}
