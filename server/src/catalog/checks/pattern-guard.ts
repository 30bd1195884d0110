const LONGEST_PATTERN = 200;
const MOST_ENDLESS_PARTS = 3;
/**
 * In so many ways the counted and optional parts of a pattern may share a text among them. All are tried from each place of the
 * text (500 characters, some 100 ns for each) where nothing says that it begins at the first.
 */
const MOST_WAYS = { anchored: 100_000, anywhere: 1_000 };

/**
 * Why a regular expression of a catalog file is refused, or null. It must compile, and must not be able to run for
 * long on the short texts it is given (at most 500 characters): no repeated group that itself repeats or chooses, no
 * back-references, no look-around, few endless parts, and counted parts whose lengths multiply to no more than can be
 * tried. Stricter than needed, and instant; those with endless parts are also analysed exactly (analyse-patterns.ts), of
 * the built-in files by the tests.
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
  const { endless, isNested, ways, isAnchored } = measure(pattern);
  if (isNested)
    return 'The regular expression repeats a group that itself repeats or chooses; on some texts it would never end.';
  const most = isAnchored ? MOST_ENDLESS_PARTS : MOST_ENDLESS_PARTS - 1;
  if (endless > most)
    return `The regular expression has ${endless} endless parts (*, +); at most ${most} are taken.`;
  return ways > MOST_WAYS[isAnchored ? 'anchored' : 'anywhere']
    ? 'The regular expression has too many optional or counted parts (?, {1,9}); on some texts it would run for very long.'
    : null;
}

/** Nothing else can make a pattern that passes `patternProblem` run for long. */
export function hasEndlessPart(pattern: string): boolean {
  return measure(pattern).endless > 0;
}

interface Group {
  repeatsInside: boolean;
  choosesInside: boolean;
  /** Of the alternatives before this one, together. */
  waysBefore: number;
  ways: number;
}

interface Measured {
  endless: number;
  isNested: boolean;
  ways: number;
  /** It can begin at the first character alone: ^ stands before all of it, not before one of several alternatives. */
  isAnchored: boolean;
}

const REPETITION = /(?:[*+]|\{(\d+)(,?)(\d*)\}|\?)\??/y;

/** Goes through the pattern once; groups that are open lie on a stack. */
function measure(pattern: string): Measured {
  const bare = pattern
    .replace(/\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|.)/gu, 'x')
    .replace(/\[[^\]]*\]/g, 'x')
    .replace(/\(\?(?::|<[^>]*>)/g, '(');
  const open: Group[] = [newGroup()];
  const measured: Measured = { endless: 0, isNested: false, ways: 1, isAnchored: false };
  /** What the next repetition would repeat. */
  let last: Group = newGroup();
  for (let at = 0; at < bare.length; at++) {
    const top = open[open.length - 1];
    if (top === undefined) break;
    REPETITION.lastIndex = at;
    const found = REPETITION.exec(bare);
    if (found !== null) {
      const repetition = repetitionOf(found);
      const isOptional = repetition.least === 0 && repetition.most === 1;
      if (!isOptional && (last.repeatsInside || last.choosesInside)) measured.isNested = true;
      if (repetition.most > LONGEST_COUNT) measured.endless += 1;
      if (!isOptional) top.repeatsInside = true;
      top.ways *= waysOf(repetition, last.ways) / last.ways;
      at += found[0].length - 1;
      last = newGroup();
    } else if (bare[at] === '(') {
      open.push(newGroup());
    } else if (bare[at] === '|') {
      top.choosesInside = true;
      top.waysBefore += top.ways;
      top.ways = 1;
    } else if (bare[at] === ')') {
      last = closed(open.pop() ?? newGroup());
      const outer = open[open.length - 1];
      if (outer === undefined) break;
      outer.repeatsInside ||= last.repeatsInside;
      outer.choosesInside ||= last.choosesInside;
      outer.ways *= last.ways;
    } else last = newGroup();
  }
  measured.ways = closed(open[0] ?? newGroup()).ways;
  measured.isAnchored = bare.startsWith('^') && !choosesAtTop(bare);
  return measured;
}

function choosesAtTop(bare: string): boolean {
  let depth = 0;
  for (const one of bare) {
    if (one === '|' && depth === 0) return true;
    depth += one === '(' ? 1 : one === ')' ? -1 : 0;
  }
  return false;
}

function newGroup(): Group {
  return { repeatsInside: false, choosesInside: false, waysBefore: 0, ways: 1 };
}

function closed(group: Group): Group {
  return { ...group, ways: group.ways + group.waysBefore };
}

/** What may be longer than any text it is tried on is endless. */
const LONGEST_COUNT = 500;

function repetitionOf([text, least, comma, most]: RegExpExecArray): { least: number; most: number } {
  if (text.startsWith('?')) return { least: 0, most: 1 };
  if (least === undefined) return { least: text.startsWith('+') ? 1 : 0, most: Number.POSITIVE_INFINITY };
  const endless = comma !== '' && most === '' ? Number.POSITIVE_INFINITY : Number(least);
  return { least: Number(least), most: most === '' || most === undefined ? endless : Number(most) };
}

/** Endless parts are counted by themselves. */
function waysOf({ least, most }: { least: number; most: number }, inside: number): number {
  if (most > LONGEST_COUNT) return inside;
  return Math.min((most - least + 1) * inside ** Math.max(most, 1), Number.MAX_VALUE);
}
