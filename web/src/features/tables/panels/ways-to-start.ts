import type { Action } from '@keyrail/contract/integrations';

/** More than so many in one sentence are not read. */
const SAID_AT_MOST = 3;

export interface WaysToStart {
  isEnough: boolean;
  /** The shortest way from what is filled: "Add Company domain, or Company name." `null` when it is enough. */
  next: string | null;
  /** Each way whole: "First name, Last name and Company domain". Empty where `next` says all there is, however much is filled. */
  all: string[];
}

/**
 * What an action still needs besides its required inputs: of its sets the ones that lack least, and of these the ones that most
 * is filled of already. `filled`: names of inputs that have a column or a value.
 */
export function waysToStart(
  { one_of: sets, inputs }: Pick<Action, 'one_of' | 'inputs'>,
  filled: ReadonlySet<string>,
): WaysToStart {
  const placeOf = ([name]: readonly string[]) => inputs.findIndex((one) => one.name === name);
  const words = (names: readonly string[]) =>
    together(names.map((name) => inputs.find((one) => one.name === name)?.label ?? name));
  // As they stand in the form, where what most people have comes first.
  const lacks = shortest(sets, filled).sort((one, other) => placeOf(one) - placeOf(other));
  const isEnough = sets.length === 0 || lacks.some((names) => names.length === 0);
  const isSaidAtOnce =
    sets.length < 2 || (sets.length <= SAID_AT_MOST && sets.every((set) => set.length === 1));
  return {
    isEnough,
    next: isEnough ? null : `Add ${lacks.slice(0, SAID_AT_MOST).map(words).join(', or ')}.`,
    all: isSaidAtOnce ? [] : sets.map(words),
  };
}

/** What the nearest sets lack, each once. */
function shortest(sets: readonly string[][], filled: ReadonlySet<string>): string[][] {
  const lacking = sets.map((set) => set.filter((name) => !filled.has(name)));
  const least = Math.min(...lacking.map((names) => names.length));
  const near = sets.flatMap((set, at) => {
    const lacks = lacking[at] ?? [];
    return lacks.length === least ? [{ lacks, has: set.length - least }] : [];
  });
  const most = Math.max(...near.map(({ has }) => has));
  const once = new Map(
    near.filter(({ has }) => has === most).map(({ lacks }) => [[...lacks].sort().join(' '), lacks]),
  );
  return [...once.values()];
}

/** "First name, Last name and Company domain" */
function together(labels: readonly string[]): string {
  const last = labels.at(-1) ?? '';
  return labels.length < 2 ? last : `${labels.slice(0, -1).join(', ')} and ${last}`;
}
