import { parsePath } from '../../catalog/answers/path.ts';

/**
 * A copy of a JSON document with a value at that path: what a catalog file reads there is there. undefined where the document is
 * something else in that place already.
 */
export function withValue(document: unknown, path: string, value: unknown): unknown {
  const steps = parsePath(path);
  return steps === null ? undefined : placed(structuredClone(document), steps, 0, value);
}

type Steps = NonNullable<ReturnType<typeof parsePath>>;

function placed(current: unknown, steps: Steps, at: number, value: unknown): unknown {
  const step = steps[at];
  if (step === undefined) return value;
  if (step.kind === 'member' && !Array.isArray(current)) {
    const object = current ?? {};
    if (typeof object !== 'object') return undefined;
    const before = Object.hasOwn(object, step.name)
      ? (object as Record<string, unknown>)[step.name]
      : undefined;
    const inner = placed(before, steps, at + 1, value);
    return inner === undefined ? undefined : { ...object, [step.name]: inner };
  }
  const index = step.kind === 'item' ? step.index : step.kind === 'each' ? 0 : Number(step.name);
  const list = current ?? [];
  if (!Array.isArray(list) || !Number.isInteger(index)) return undefined;
  const inner = placed(list[index], steps, at + 1, value);
  if (inner === undefined) return undefined;
  const filled = [...list];
  while (filled.length < index) filled.push(null);
  filled[index] = inner;
  return filled;
}
