import { expect, test } from 'vitest';
import { catalogJsonSchema } from './json-schema.ts';

type Schema = {
  [key: string]: unknown;
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
};

const schema = JSON.parse(catalogJsonSchema()) as Schema & { $defs: Record<string, Schema> };

/** What an editor shows: a description beside a reference, or else the one behind it. */
function descriptionOf(field: Schema): string | undefined {
  if (field.description !== undefined || field.$ref === undefined) return field.description;
  return descriptionOf(schema.$defs[field.$ref.replace('#/$defs/', '')] ?? {});
}

function fieldsIn(value: unknown): [name: string, field: Schema][] {
  if (typeof value !== 'object' || value === null) return [];
  const { properties = {} } = value as Schema;
  return [...Object.entries(properties), ...Object.values(value).flatMap(fieldsIn)];
}

test('whoever writes a file in an editor reads a sentence on every field', () => {
  const fields = fieldsIn(schema);
  expect(fields.length).toBeGreaterThan(400);
  expect(fields.filter(([, field]) => descriptionOf(field) === undefined).map(([name]) => name)).toEqual([]);
});
