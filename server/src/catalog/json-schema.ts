import { z } from 'zod';
import { definitionSchema } from './definition.ts';

const title = 'An integration of Keyrail';
const description =
  'How the tool is connected and what it can do. CONTRIBUTING.md has a whole example; `keyrail catalog check` tries what stands here.';

/** The JSON Schema of a catalog file, for editors. Kept in catalog/schema.json; a test keeps the two equal. */
export function catalogJsonSchema(): string {
  const schema = z.toJSONSchema(definitionSchema, { io: 'input', reused: 'ref' });
  return `${JSON.stringify({ ...schema, title, description }, null, 1)}\n`;
}
