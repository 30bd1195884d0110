import type { ValueType } from '@keyrail/contract/tables';
import { isDate } from './iso-date.ts';
import { isEmail, isUrl } from './value.ts';

type Detectable = Exclude<ValueType, 'text' | 'json'>;

/**
 * Texts that come out of a column of the type byte for byte as they went in. A file's column is taken for a type only
 * where all its values are so: 00123, 1E5, 1.50, TRUE and 12345678901234567890 make it text. Never JSON: the database
 * keeps neither the order of its names nor its spaces.
 */
const isExactly: Record<Detectable, (text: string) => boolean> = {
  number: (text) => SHORT_INTEGER.test(text) || (PLAIN_DECIMAL.test(text) && String(Number(text)) === text),
  boolean: (text) => text === 'true' || text === 'false',
  date: isDate,
  email: isEmail,
  url: isUrl,
};

/** Up to 15 digits every integer is a number of its own. */
const SHORT_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
const PLAIN_DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

const DETECTABLE = Object.keys(isExactly) as Detectable[];

/** The narrowest type that all these texts have (empty ones aside); text where they have none in common. */
export function detectType(texts: Iterable<string>): ValueType {
  let candidates = DETECTABLE;
  let isEmpty = true;
  for (const text of texts) {
    if (text === '') continue;
    isEmpty = false;
    candidates = candidates.filter((type) => isExactly[type](text));
    if (candidates.length === 0) return 'text';
  }
  return isEmpty ? 'text' : (candidates[0] ?? 'text');
}

/** Whether a text stays byte for byte what it is in a column of this type. */
export function staysAsItIs(type: ValueType, text: string): boolean {
  if (type === 'text') return true;
  return type !== 'json' && isExactly[type](text);
}
