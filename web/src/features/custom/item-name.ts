import type { DraftAction } from './draft.ts';

/** "Find e-mail" → `find_e_mail`; numbered where another has it. */
export function actionName(actions: readonly DraftAction[], index: number): string {
  return itemName(actions, index, 'action');
}

export function itemName(
  items: readonly { name: string; label: string }[],
  index: number,
  fallback = 'value',
): string {
  const item = items[index];
  if (item === undefined) return fallback;
  if (item.name !== '') return item.name;
  const base = snake(item.label) || `${fallback}_${index + 1}`;
  const taken = new Set(
    items.flatMap((other, at) =>
      at < index ? [itemName(items, at, fallback)] : other.name === '' ? [] : [other.name],
    ),
  );
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}

function snake(label: string): string {
  return label
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '')
    .slice(0, 60);
}
