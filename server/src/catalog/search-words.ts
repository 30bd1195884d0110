import { type Candidate, LONGEST_TEXT, plain, type Wanted, wantedAs } from './near-names.ts';

/** A text as it is looked for. */
export interface LookedFor {
  /** Where it is the address of a page, or a domain: its host. */
  site: string | null;
  /** Null: by their names all were looked at before. */
  name: Phrase<Wanted> | null;
  /** Without what only fills it: "send a message" is "Send message". */
  deed: Phrase<Word>;
  /** What is said about an action counts besides what it is called. */
  mayBeSaid: boolean;
  /** What was found out about a label: many tools have actions of one name. */
  labels: Map<Candidate, LabelScore>;
}

/** How well a text fits a label as a whole, and each of its words. */
export interface LabelScore {
  whole: number;
  words: readonly number[];
}

/** As a whole and word by word. */
interface Phrase<W extends Wanted> {
  whole: Wanted;
  words: readonly W[];
}

export interface Word extends Wanted {
  /** Other words for the same deed: whoever wants to "check" an address is shown what can "verify" it. */
  also: readonly Wanted[];
}

const FILLING = 'a an and by do for how i in is it me my of on our some someone the to want with'.split(' ');

/** Words that people add to a name and that tell nothing apart. Where nothing has all words, these are left out. */
const PADDING = [
  ...'account api app connect connection connector integration key login sales software token tool'.split(
    ' ',
  ),
  ...FILLING,
];

const DEEDS = [
  'find search lookup look get read',
  'create add make new',
  'update change edit',
  'verify check validate',
  'send post',
].map((words) => words.split(' '));

/**
 * As what a text is looked for, one after the other until something fits: as it is written, in what is said about actions too,
 * with typos, and the same without what tells nothing.
 */
export function stagesOf(text: string): readonly LookedFor[] {
  const typed = text.slice(0, LONGEST_TEXT);
  if (plain(typed) === '') return [];
  const telling = without(typed, PADDING);
  const texts = telling === '' || telling === typed ? [typed] : [typed, telling];
  return texts.flatMap((one) => [
    lookedFor(one, false, false),
    lookedFor(one, false, true),
    lookedFor(one, true, true),
  ]);
}

function lookedFor(text: string, mayHaveTypos: boolean, mayBeSaid: boolean): LookedFor {
  const wanted = (word: string) => wantedAs(word, mayHaveTypos);
  const deed = without(text, FILLING);
  return {
    site: siteIn(text),
    name:
      mayBeSaid && !mayHaveTypos ? null : { whole: wanted(plain(text)), words: plainWords(text).map(wanted) },
    deed: {
      whole: wanted(plain(deed)),
      words: plainWords(deed).map((word) => ({
        ...wanted(word),
        also: sameDeed(word).map((other) => wantedAs(other, false)),
      })),
    },
    mayBeSaid,
    labels: new Map(),
  };
}

/** "https://www.stripe.com/pricing" and "stripe.com" are the same. */
function siteIn(text: string): string | null {
  const [, host] =
    /^(?:https?:\/\/)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:[:/?#].*)?$/i.exec(text.trim()) ?? [];
  return host?.toLowerCase() ?? null;
}

function plainWords(text: string): string[] {
  return [...new Set(text.split(/\s+/).map(plain).filter(Boolean))];
}

function without(text: string, words: readonly string[]): string {
  return text
    .split(/\s+/)
    .filter((word) => !words.includes(plain(word)))
    .join(' ');
}

function sameDeed(word: string): readonly string[] {
  return DEEDS.find((words) => words.includes(word))?.filter((other) => other !== word) ?? [];
}
