/**
 * Texts that a regular expression takes, one for each of its alternatives; [] where it uses something this does not know. Each
 * was tried against the expression itself, ignoring case as conditions do.
 */
export function samplesOf(pattern: string, most = 6): string[] {
  const made = new Set<string>();
  for (let choice = 0; choice < most; choice++) {
    const text = sampleOf(pattern, choice);
    if (text === null) break;
    if (fits(pattern, text)) made.add(text);
  }
  return [...made];
}

function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'iu').test(text);
  } catch {
    return false;
  }
}

/** Not all alike: what repeats one character looks like no key, and is found in other texts. */
const LETTERS = 'fakekeygoodsampletext0123456789';

interface Reader {
  text: string;
  at: number;
  /** Which alternative is taken, where there are so many. */
  choice: number;
  written: number;
}

function sampleOf(pattern: string, choice: number): string | null {
  const reader: Reader = { text: pattern, at: 0, choice, written: 0 };
  const made = alternatives(reader);
  return made === null || reader.at < pattern.length ? null : made;
}

function alternatives(reader: Reader): string | null {
  const made: string[] = [];
  for (;;) {
    const one = sequence(reader);
    if (one === null) return null;
    made.push(one);
    if (reader.text[reader.at] !== '|') break;
    reader.at += 1;
  }
  return made[Math.min(reader.choice, made.length - 1)] ?? '';
}

function sequence(reader: Reader): string | null {
  let made = '';
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] ?? '')) {
    const from = reader.at;
    const one = atom(reader);
    if (one === null) return null;
    const to = reader.at;
    const times = repeated(reader);
    made += times === 0 ? '' : one;
    const after = reader.at;
    for (let more = 1; more < times; more++) {
      reader.at = from;
      made += atom(reader) ?? '';
    }
    reader.at = times > 1 ? after : Math.max(after, to);
  }
  return made;
}

function repeated(reader: Reader): number {
  const counted = /^\{(\d+)(?:,(\d*))?\}/.exec(reader.text.slice(reader.at));
  const mark = reader.text[reader.at] ?? '';
  let times = 1;
  if (counted !== null) {
    times = Number(counted[1]);
    reader.at += counted[0].length;
  } else if ('*+?'.includes(mark) && mark !== '') {
    times = mark === '+' ? 1 : 0;
    reader.at += 1;
  } else return 1;
  if (reader.text[reader.at] === '?') reader.at += 1;
  return times;
}

function atom(reader: Reader): string | null {
  const mark = reader.text[reader.at] ?? '';
  reader.at += 1;
  if (mark === '(') return group(reader);
  if (mark === '[') return characterClass(reader);
  if (mark === '\\') return escaped(reader);
  if (mark === '^' || mark === '$') return '';
  return mark === '.' ? next(reader, (one) => /\w/.test(one)) : mark;
}

function group(reader: Reader): string | null {
  const opening = /^\?(?::|<\w+>|=|!|<=|<!)/.exec(reader.text.slice(reader.at))?.[0] ?? '';
  reader.at += opening.length;
  const inside = alternatives(reader);
  if (inside === null || reader.text[reader.at] !== ')') return null;
  reader.at += 1;
  return /^\?(=|!|<=|<!)$/.test(opening) ? '' : inside;
}

function characterClass(reader: Reader): string | null {
  const whole = /^\^?\]?(?:\\.|[^\]\\])*\]/.exec(reader.text.slice(reader.at))?.[0];
  if (whole === undefined) return null;
  reader.at += whole.length;
  try {
    const set = new RegExp(`[${whole}`, 'u');
    return next(reader, (one) => set.test(one));
  } catch {
    return null;
  }
}

const CLASSES: Record<string, (one: string) => boolean> = {
  d: (one) => /\d/.test(one),
  w: (one) => /\w/.test(one),
  s: (one) => one === ' ',
  D: (one) => /[a-z]/.test(one),
  W: (one) => one === '-',
  S: (one) => /\w/.test(one),
};

function escaped(reader: Reader): string | null {
  const mark = reader.text[reader.at] ?? '';
  reader.at += 1;
  if (mark === 'b' || mark === 'B') return '';
  const known = CLASSES[mark];
  if (known !== undefined) return next(reader, known);
  return /[a-z0-9]/i.test(mark) ? null : mark;
}

/** The next character of ours that may stand there; else any that may. */
function next(reader: Reader, may: (one: string) => boolean): string | null {
  for (let tried = 0; tried < LETTERS.length; tried++) {
    const one = LETTERS[(reader.written + tried) % LETTERS.length] ?? '';
    if (!may(one)) continue;
    reader.written += tried + 1;
    return one;
  }
  for (let code = 32; code < 127; code++) {
    if (may(String.fromCharCode(code))) return String.fromCharCode(code);
  }
  return null;
}
