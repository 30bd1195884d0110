import type { Action } from '../definition/action-definition.ts';

/**
 * What an action needs, turned round: the smallest sets of inputs of which one, filled whole, meets every line.
 * `[[domain, company], [[first, last], full]]` gives `[[domain, first, last], [domain, full], [company, …], …]`.
 */
export function setsThatSuffice(needs: Action['needs']): string[][] {
  const sets = needs.reduce<string[][]>(
    (soFar, line) => soFar.flatMap((set) => line.map((one) => [...new Set([...set, ...[one].flat()])])),
    [[]],
  );
  const filled = sets.filter((set) => set.length > 0);
  return filled.filter(
    (set, index) => !filled.some((other, at) => at !== index && isWithin(other, set, at < index)),
  );
}

/** Of two sets with the same members the first one stays. */
function isWithin(other: readonly string[], set: readonly string[], isEarlier: boolean): boolean {
  if (other.length > set.length || (other.length === set.length && !isEarlier)) return false;
  return other.every((name) => set.includes(name));
}
