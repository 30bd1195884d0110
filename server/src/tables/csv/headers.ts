import { freeName, nameKey } from '../column-name.ts';

const MAX_NAME_CHARS = 200;

/**
 * Names for the columns of a file: its headers, made tidy, not empty, and unique. `notes` says in sentences what was
 * done to which.
 */
export function nameColumns(headers: readonly string[], width: number): { names: string[]; notes: string[] } {
  const taken = new Set<string>();
  const notes: string[] = [];
  const names = Array.from({ length: width }, (_, at) => {
    const header = headers[at] ?? '';
    const tidy = tidyName(header);
    if (tidy === '') {
      const name = freeName(`Column ${at + 1}`, taken);
      if (headers.length > 0) notes.push(`Column ${at + 1} has no name in the file; it is now "${name}".`);
      return name;
    }
    if (tidy.length < header.trim().length && header.trim().length > MAX_NAME_CHARS)
      notes.push(`The name of column ${at + 1} is longer than ${MAX_NAME_CHARS} characters and was cut.`);
    const isTaken = taken.has(nameKey(tidy));
    const name = freeName(tidy, taken);
    if (isTaken)
      notes.push(`Two columns named ${tidy.slice(0, 60)}; the second is now ${name.slice(0, 70)}.`);
    return name;
  });
  return { names, notes };
}

/** One line of printable text; what would be read as something else on a screen is left out. */
function tidyName(header: string): string {
  const line = header
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.slice(0, MAX_NAME_CHARS).trim().toWellFormed();
}
