import { AppError } from '../lib/app-error.ts';
import { MAX_TABLE_COLUMNS } from './settings.ts';

/** Two names that read alike are one name. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Throws where a new column would have a name that is taken, or would be one too many. */
export function checkNames(taken: readonly { name: string }[], added: readonly { name: string }[]): void {
  const keys = new Set(taken.map(({ name }) => nameKey(name)));
  for (const { name } of added) {
    if (keys.has(nameKey(name)))
      throw new AppError('conflict', {
        reason: 'name_taken',
        detail: `There is a column "${name}" already. Choose another name.`,
      });
    keys.add(nameKey(name));
  }
  if (taken.length + added.length > MAX_TABLE_COLUMNS)
    throw new AppError('conflict', {
      reason: 'too_many_columns',
      detail: `A table has at most ${MAX_TABLE_COLUMNS.toLocaleString('en')} columns.`,
    });
}

/** The name itself, or the first of "name 2", "name 3", … that is free; it is taken then. */
export function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(nameKey(name)); number++) name = `${wanted.slice(0, 190)} ${number}`;
  taken.add(nameKey(name));
  return name;
}
