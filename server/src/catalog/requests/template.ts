/** What fills the places of a template: inputs and connection fields. Never credentials. */
export type Values = Readonly<Record<string, unknown>>;

const PLACE = /\{([a-z][a-z0-9_]*)\}/g;
const ALONE = /^\{([a-z][a-z0-9_]*)\}$/;

/** The names of all places in a template, wherever in a JSON tree they stand. */
export function placesIn(template: unknown): string[] {
  if (typeof template === 'string') return [...template.matchAll(PLACE)].map((found) => found[1] ?? '');
  if (Array.isArray(template)) return template.flatMap(placesIn);
  if (template === null || typeof template !== 'object') return [];
  return Object.values(template).flatMap(placesIn);
}

/** A value was given: not missing, null, "" or []. false and 0 are values. */
export function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}

/**
 * Fills the places of a text. What is filled in is never looked at again, so a value that looks like a place stays
 * text. null where no place was given anything; a text without places is itself.
 */
export function fillText(template: string, values: Values, quotes?: Quotes): string | null {
  let places = 0;
  let given = 0;
  const text = template.replace(PLACE, (_, name: string, at: number) => {
    places += 1;
    const value = givenValue(values, name);
    if (!isGiven(value)) return '';
    given += 1;
    return asQuoted(template, at, asText(value), quotes);
  });
  return places > 0 && given === 0 ? null : text;
}

/** How a language that a value is part of (a filter, a query) writes a quotation mark inside of quotation marks. */
export type Quotes = 'doubled' | 'backslash';

/** Between which quotation marks that stands in the template, if any; an apostrophe inside a word is none. */
export function quotedBy(template: string, at: number): "'" | '"' | null {
  let open: "'" | '"' | null = null;
  for (const [mark] of template.slice(0, at + 1).matchAll(/(?<!\w)'|'(?!\w)|"/g)) {
    if (open === null) open = mark === '"' ? '"' : "'";
    else if (open === mark) open = null;
  }
  return open;
}

/** A value as it is filled in at this place of a template, where it may stand between quotation marks. */
export function asQuoted(template: string, at: number, value: string, quotes: Quotes | undefined): string {
  const mark = quotes === undefined ? null : quotedBy(template, at);
  return quotes === undefined || mark === null ? value : escaped(value, mark, quotes);
}

/** A value cannot end the quotation it stands in, and so stays a value. */
function escaped(value: string, mark: string, quotes: Quotes): string {
  if (quotes === 'doubled') return value.replaceAll(mark, mark + mark);
  return value.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`);
}

/** Fills a JSON tree. A place alone keeps the type of its value; members and items left without value are dropped. */
export function fillJson(template: unknown, values: Values, quotes?: Quotes): unknown {
  const filled = fillNode(template, values, quotes);
  return filled === undefined && isContainer(template) ? (Array.isArray(template) ? [] : {}) : filled;
}

function fillNode(template: unknown, values: Values, quotes?: Quotes): unknown {
  if (typeof template === 'string') return fillLeaf(template, values, quotes);
  if (Array.isArray(template)) {
    const items = template.map((item) => fillNode(item, values, quotes)).filter((item) => item !== undefined);
    return items.length === 0 && template.length > 0 ? undefined : items;
  }
  if (!isContainer(template)) return template;
  const members = Object.entries(template as object)
    .map(([name, inner]) => [name, fillNode(inner, values, quotes)] as const)
    .filter(([, inner]) => inner !== undefined);
  return members.length === 0 && Object.keys(template as object).length > 0
    ? undefined
    : Object.fromEntries(members);
}

function fillLeaf(template: string, values: Values, quotes?: Quotes): unknown {
  const alone = ALONE.exec(template)?.[1];
  if (alone === undefined) return fillText(template, values, quotes) ?? undefined;
  const value = givenValue(values, alone);
  return isGiven(value) ? value : undefined;
}

function givenValue(values: Values, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function isContainer(value: unknown): boolean {
  return value !== null && typeof value === 'object';
}

/** Lists join with commas, as query strings and paths want them; objects are JSON. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(asText).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
