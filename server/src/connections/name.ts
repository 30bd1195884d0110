import { AppError } from '../lib/app-error.ts';

/** Signs that turn the direction of reading (Unicode's Bidi_Control): with them a name reads as another one. */
const DIRECTION = /\p{Bidi_Control}/gu;

/** A name as it is kept: one form of each letter, no white space around it, one space inside, read as it is written. */
export function tidyName(name: string): string {
  const tidy = name
    .normalize('NFC')
    .replace(DIRECTION, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  if (tidy === '' || /^\p{Cf}*$/u.test(tidy)) {
    throw new AppError('invalid_input', { fields: [{ path: 'name', message: 'The name is empty.' }] });
  }
  return tidy;
}

/** Names that people read as the same have the same key. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** "Hunter.io", "Hunter.io 2", "Hunter.io 3", …: the first that is free. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const base = tidyName(wanted);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(nameKey(name))) return name;
  }
}

export function nameTaken(name: string): AppError {
  return new AppError('conflict', {
    reason: 'name_taken',
    detail: `This integration has a connection named “${name}” already. Choose another name.`,
  });
}
