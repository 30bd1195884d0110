const LONGEST_PATTERN = 200;
const MOST_ENDLESS_PARTS = 3;

/**
 * Why a regular expression of a catalog file is refused, or null. It must compile, and must not be able to run for
 * long on the short texts it is given (at most 500 characters): no repeated group that itself repeats or chooses, no
 * back-references, no look-around, few endless parts. Stricter than needed, and instant; the built-in patterns are
 * also analysed exactly by the tests.
 */
export function patternProblem(pattern: string): string | null {
  if (pattern.length > LONGEST_PATTERN)
    return `The regular expression is longer than ${LONGEST_PATTERN} characters.`;
  try {
    new RegExp(pattern, 'iu');
  } catch (error) {
    return `The regular expression does not compile: ${error instanceof Error ? error.message : 'it is malformed'}.`;
  }
  if (/\(\?(=|!|<=|<!)/.test(pattern))
    return 'The regular expression looks ahead or behind. Write it without.';
  if (/\\[1-9]|\\k</.test(pattern)) return 'The regular expression refers back to a group. Write it without.';
  return repetitionProblem(pattern);
}

interface Group {
  repeatsInside: boolean;
  choosesInside: boolean;
}

function repetitionProblem(pattern: string): string | null {
  const bare = pattern.replace(/\\./gu, 'x').replace(/\[[^\]]*\]/g, 'x');
  const open: Group[] = [{ repeatsInside: false, choosesInside: false }];
  let endless = 0;
  let closed: Group | null = null;
  for (let at = 0; at < bare.length; at++) {
    const top = open[open.length - 1];
    if (top === undefined) break;
    const repetition = /^(?:[*+]|\{\d+(?:,\d*)?\})/.exec(bare.slice(at, at + 20))?.[0];
    if (repetition !== undefined) {
      if (closed?.repeatsInside || closed?.choosesInside) {
        return 'The regular expression repeats a group that itself repeats or chooses; on some texts it would never end.';
      }
      const isEndless = /[*+]|,\}/.test(repetition) || Number(/(\d+)\}$/.exec(repetition)?.[1] ?? 0) > 500;
      if (isEndless) endless += 1;
      top.repeatsInside = true;
      at += repetition.length - 1;
      closed = null;
      continue;
    }
    closed = null;
    if (bare[at] === '(') open.push({ repeatsInside: false, choosesInside: false });
    else if (bare[at] === '|') top.choosesInside = true;
    else if (bare[at] === ')') {
      closed = open.pop() ?? null;
      const outer = open[open.length - 1];
      if (outer && closed?.repeatsInside) outer.repeatsInside = true;
      if (outer && closed?.choosesInside) outer.choosesInside = true;
    }
  }
  const most = pattern.startsWith('^') ? MOST_ENDLESS_PARTS : MOST_ENDLESS_PARTS - 1;
  return endless > most
    ? `The regular expression has ${endless} endless parts (*, +); at most ${most} are taken.`
    : null;
}
