import { z } from 'zod';

/**
 * Any JSON, handed on as it came: a member may be called `__proto__`, and a schema that copies member by member into an
 * object would lose it. What no JSON holds (an endless number) is refused.
 */
export const json = z.unknown().refine(isJson, 'a number in it is larger than JSON can say') as z.ZodType<
  z.core.util.JSONType,
  z.core.util.JSONType
>;

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  return typeof value === 'object' && Object.values(value).every(isJson);
}
