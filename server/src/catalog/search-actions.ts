import type { Action } from './definition/action-definition.ts';
import { bestOf, type Candidate, candidateOf, matchScore, phraseOf } from './near-names.ts';
import type { LookedFor, Word } from './search-words.ts';

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
    label: phraseOf(label, ACTION_WEIGHT),
    about: { ...candidateOf(description, ABOUT_WEIGHT), isProse: true },
  };
}

/**
 * How well a text fits what an action is called: its words are all of the label, or else of the tool's own names, as in "hunter
 * email", or of what is said about the action; one at least is of the label. Where the whole text is the tool's name, it is that.
 */
export function actionScore(
  { label, about }: ActionToFind,
  { deed: { whole, words }, mayBeSaid }: LookedFor,
  names: readonly Candidate[],
): number {
  if (whole.text.length < FEWEST_LETTERS) return 0;
  const direct = matchScore(label, whole);
  if (direct > 0) return direct;
  let worst = Number.POSITIVE_INFINITY;
  let isCalledSo = false;
  let needsName = false;
  for (const word of words) {
    const score = inLabel(label, word);
    const said = score === 0 && mayBeSaid ? matchScore(about, word) : score;
    const other = said === 0 && !isDeed(word) ? bestOf(names, word) : said;
    if (other === 0) return 0;
    isCalledSo ||= score > 0;
    needsName ||= said === 0;
    worst = Math.min(worst, other);
  }
  if (!isCalledSo || (needsName && bestOf(names, whole) > 0)) return 0;
  return worst / 2;
}

/** What is to be done is no part of a tool's name, though one may begin so. */
function isDeed(word: Word): boolean {
  return word.also.length > 0;
}

function inLabel(label: Candidate, word: Word): number {
  const score = matchScore(label, word);
  return score > 0 ? score : SAME_DEED * Math.max(0, ...word.also.map((other) => matchScore(label, other)));
}
