export type Step = { kind: 'member'; name: string } | { kind: 'item'; index: number } | { kind: 'each' };

const STEP = /\[\]|\[(\d{1,9})\]|\["([^"\]]*)"\]|\.?([^.[\]"]+)/y;
const known = new Map<string, readonly Step[] | null>();

/**
 * Reads a value out of JSON: `data.emails[0].value`, `people[].id` (a list of all; of lists
 * in lists one list: `parts[].lines[].text`), `data["Profile Url"]`; a number
 * between dots is an item of a list; an empty path is the whole. undefined where it leads nowhere.
 */
export function readPath(json: unknown, path: string): unknown {
  const steps = parsePath(path);
  return steps === null ? undefined : walk(json, steps, 0);
}

/** The steps of a path; null where it is not one. */
export function parsePath(path: string): readonly Step[] | null {
  let steps = known.get(path);
  if (steps === undefined) {
    steps = stepsOf(path);
    if (known.size > 10_000) known.clear();
    known.set(path, steps);
  }
  return steps;
}

function stepsOf(path: string): readonly Step[] | null {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const start = STEP.lastIndex;
    const found = STEP.exec(path);
    if (found === null || (start === 0 && found[0].startsWith('.'))) return null;
    if (found[0] === '[]') steps.push({ kind: 'each' });
    else if (found[1] !== undefined) steps.push({ kind: 'item', index: Number(found[1]) });
    else steps.push({ kind: 'member', name: found[2] ?? found[3] ?? '' });
  }
  return steps;
}

function walk(value: unknown, steps: readonly Step[], from: number): unknown {
  let current = value;
  for (let at = from; at < steps.length; at++) {
    const step = steps[at];
    if (step === undefined || current === null || typeof current !== 'object') return undefined;
    if (step.kind === 'each') {
      if (!Array.isArray(current)) return undefined;
      const found = current.map((item) => walk(item, steps, at + 1)).filter((item) => item !== undefined);
      return steps.slice(at + 1).some(({ kind }) => kind === 'each') ? found.flat() : found;
    }
    current = step.kind === 'item' ? itemOf(current, step.index) : memberOf(current, step.name);
  }
  return current;
}

function itemOf(value: object, index: number): unknown {
  return Array.isArray(value) ? value[index] : undefined;
}

function memberOf(value: object, name: string): unknown {
  if (Array.isArray(value)) return /^\d{1,9}$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** Missing, null, "", [] and {} say the same in most answers: nothing. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
