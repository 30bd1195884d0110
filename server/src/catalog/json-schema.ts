import { z } from 'zod';
import { definitionSchema } from './definition.ts';

/** The JSON Schema of a catalog file, for editors. Kept in catalog/schema.json; a test keeps the two equal. */
export function catalogJsonSchema(): string {
  const schema = z.toJSONSchema(definitionSchema, { io: 'input', reused: 'ref' });
  return `${JSON.stringify({ ...schema, title: 'An integration of Keyrail' }, null, 1)}\n`;
}
