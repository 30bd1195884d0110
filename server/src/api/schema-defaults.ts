import { problem } from '@keyrail/contract/problem';
import type { RouteOptions } from 'fastify';
import { z } from 'zod';

const nothing = z.strictObject({});
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** A route that says nothing about query or body takes none, and every route can answer with a problem document. */
export function fillSchemas(route: RouteOptions): void {
  const schema = (route.schema ?? {}) as Record<string, unknown> & { response?: Record<string, unknown> };
  schema.querystring ??= nothing;
  const takesBody = [route.method].flat().some((method) => WITH_BODY.has(method));
  // Fastify hands a missing body to the schema as null.
  if (takesBody && !route.config?.streams) schema.body ??= nothing.nullish();
  if (route.config?.policy !== 'public' || schema.response) {
    schema.response = {
      ...schema.response,
      '4xx': {
        description: 'What went wrong, as a problem document (RFC 9457).',
        content: { 'application/problem+json': { schema: problem } },
      },
    };
  }
  route.schema = schema as typeof route.schema & object;
}
