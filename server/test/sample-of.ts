import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

/**
 * The smallest value that a schema takes: what is required and nothing else. For calls whose body does not matter, only
 * that it is well-formed.
 */
export function sampleOf(shape: z.ZodType): unknown {
  const schema = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema;
  return build(schema, (schema.$defs ?? {}) as Record<string, Schema>);
}

function build(schema: Schema, defs: Record<string, Schema>): unknown {
  const ref = schema.$ref;
  if (typeof ref === 'string') return build(defs[ref.split('/').at(-1) ?? ''] ?? {}, defs);
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const choice = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray);
  if (choice) return build(choice[0] as Schema, defs);
  switch (schema.type) {
    case 'object':
      return buildObject(schema, defs);
    case 'array':
      return Array.from({ length: Number(schema.minItems ?? 0) }, () =>
        build((schema.items ?? {}) as Schema, defs),
      );
    case 'string':
      return buildString(schema);
    case 'integer':
    case 'number':
      return Number(schema.minimum ?? schema.exclusiveMinimum ?? 1) + ('exclusiveMinimum' in schema ? 1 : 0);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return 'x';
  }
}

function buildObject(schema: Schema, defs: Record<string, Schema>): Record<string, unknown> {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  return Object.fromEntries(required.map((name) => [name, build(properties[name] ?? {}, defs)]));
}

function buildString(schema: Schema): string {
  const prefix = /^\^(\w+)_\[0-7\]/.exec(String(schema.pattern ?? ''))?.[1];
  if (prefix !== undefined) return `${prefix}_01h00000000000000000000000`;
  if (schema.format === 'email') return 'somebody@example.com';
  if (schema.format === 'uri') return 'https://example.com/';
  if (schema.format === 'date-time') return '2026-01-01T00:00:00Z';
  return 'sample'.padEnd(Number(schema.minLength ?? 0), '-').slice(0, Number(schema.maxLength ?? 100));
}
