import swagger from '@fastify/swagger';
import { errorCodes } from '@keyrail/contract/errors';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { renderReference } from './reference-page.ts';
import type { App, Policy } from './route.ts';
import { freshNonce, pagePolicy } from './security-headers.ts';

/** The API's description, made from the schemas of the routes themselves: `/openapi.json`, and `/docs` for reading. */
export async function openApi(app: App, publicUrl: string | null): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Keyrail', version: '1', description: introduction() },
      ...(publicUrl !== null && { servers: [{ url: publicUrl }] }),
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'An API token: kr_…' },
        },
      },
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const policy = route.route.config?.policy;
      const streams = route.route.config?.streams;
      return {
        // The rest of a path, whatever it is.
        url: url.replace(/\*$/, ':path'),
        schema: {
          ...schema,
          operationId: operationId(String(route.route.method), url),
          ...(!isDescribed(url) && { hide: true }),
          ...(policy !== undefined && policy !== 'public' && { security: [{ token: [] }] }),
          ...(streams && { consumes: [...streams], body: { type: 'string', format: 'binary' } }),
          description: [schema?.description, whoMay(policy)].filter(Boolean).join('\n\n'),
        },
      };
    },
    transformObject: jsonSchemaTransformObject,
  });

  let description: string | null = null;
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { policy: 'public' },
    schema: { hide: true } as object,
    handler: async (_request, reply) => {
      description ??= JSON.stringify(app.swagger());
      return reply.type('application/json; charset=utf-8').send(description);
    },
  });
  app.route({
    method: 'GET',
    url: '/docs',
    config: { policy: 'public' },
    schema: { hide: true } as object,
    handler: async (_request, reply) => {
      const nonce = freshNonce();
      return reply
        .header('content-security-policy', pagePolicy(nonce))
        .type('text/html; charset=utf-8')
        .send(renderReference(app.swagger(), nonce));
    },
  });
}

/** What generated clients name a function by: `GET /v1/runs/:id` is `get_runs_by_id`. */
function operationId(method: string, url: string): string {
  const words = url.replace(/^\/v1/, '').replaceAll('/:', '_by_').replace(/\W+/g, '_');
  return `${method.toLowerCase()}${words}`;
}

function isDescribed(url: string): boolean {
  return /^\/(v1|health|metrics|oauth|mcp)(\/|$)/.test(url);
}

function whoMay(policy: Policy | undefined): string {
  if (policy === undefined || policy === 'public') return 'Open to everybody.';
  if (policy === 'session') return 'For people signed in in a browser.';
  const scope =
    policy.scope === null ? 'a token of any scope will do' : `a token needs the scope \`${policy.scope}\``;
  return `Needs the role ${policy.role} or more; ${scope}.`;
}

function introduction(): string {
  const codes = Object.entries(errorCodes).map(
    ([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`,
  );
  return [
    'JSON with snake_case fields; times are ISO 8601 in UTC. Send `Authorization: Bearer kr_…`. Lists take `limit` and `cursor` and answer `data` and `next_cursor`. Unknown fields are refused.',
    'A POST with the header `Idempotency-Key` does its work once: repeated within 24 hours it answers what it answered at first. What two people may edit carries an `ETag`; send it back as `If-Match`.',
    `Errors are problem documents (RFC 9457) with one of these codes:\n${codes.join('\n')}`,
  ].join('\n\n');
}
