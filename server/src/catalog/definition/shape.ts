import { z } from 'zod';

type CamelKey<K> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelKey<Tail>>}` : K;
type CamelKeys<T> = { [K in keyof T as CamelKey<K>]: T[K] };

/**
 * An object of a catalog file: snake_case there, camelCase in code, and a name the file may not have is an error.
 * Only the object's own names are changed: free maps inside it (headers, query, body) stay as they are written.
 */
export function shape<S extends z.ZodRawShape>(fields: S) {
  return z.strictObject(fields).transform((value) => {
    const camel = Object.entries(value).map(([key, inner]) => [camelKey(key), inner]);
    return Object.fromEntries(camel) as CamelKeys<z.output<z.ZodObject<S>>>;
  });
}

function camelKey(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A name others refer to: an input, a field, an action. */
export const nameSchema = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9_]{0,59}$/, 'use lower-case letters, digits and underscores, starting with a letter')
  .describe('Lower-case letters, digits and underscores; others refer to it by this.');

/** Where a value stands in a JSON answer: `data.emails[0].value`, `people[].id`, `data["Profile Url"]`. */
export const pathSchema = z
  .string()
  .max(200)
  .describe('Where it stands in the answer: id, data.emails[0].value, people[].id, data["Profile Url"].');

/** A link that people open. What stands before an @ in it would look like where it leads. */
export function pageSchema(protocol: RegExp) {
  return z.url({ protocol }).refine(namesNobody, NAMES_SOMEBODY);
}

export const NAMES_SOMEBODY = 'a link must not have a user name or password in it (what stands before the @)';

/** True of what is no address at all: others say so. */
export function namesNobody(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

/** One sentence or a few, for people. */
export const proseSchema = z.string().min(1).max(600).describe('A sentence or a few, for people.');

/** A value with `{name}` places in it; a place alone keeps the type of what fills it. */
export const templateSchema = z
  .string()
  .max(4000)
  .describe('{name} in it stands for an input or a connection field.');
