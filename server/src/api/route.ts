import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Requirement } from '../workspaces/policy.ts';
import type { Visitor } from '../workspaces/visitor.ts';
import type { Who } from '../workspaces/who.ts';

/**
 * What resource files add their routes to:
 *
 *     export function thingRoutes(app: App, deps: ThingDeps): void {
 *       app.route({
 *         method: 'POST',
 *         url: '/v1/things',
 *         config: { policy: { role: 'admin', scope: 'connections:write' } },
 *         schema: { tags: ['Things'], summary: 'Make a thing', body: createThing, response: { 201: thing } },
 *         handler: async (request, reply) => {
 *           const made = await deps.create(request.who, request.body);
 *           return reply.code(201).send(presentThing(made));
 *         },
 *       });
 *     }
 *
 * A query or body without a schema must be empty. An id in the path that is not well-formed answers 404.
 * Errors are thrown as `AppError`.
 */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/**
 * Who may call a route. `public`: anybody. `session`: whoever is signed in in a browser, in no workspace
 * (`request.visitor`). Otherwise a member or token of the workspace with at least this role and this scope (`request.who`).
 */
export type Policy = 'public' | 'session' | Requirement;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route without one fails the start. */
    policy?: Policy;
    /** Content types whose body is handed on as a stream (`request.body` is a Readable). Without it: JSON alone. */
    streams?: readonly string[];
    /** Query, headers and body belong to somebody else: nothing in front of the route reads or judges them. */
    isForwarded?: boolean;
    /** It begins what goes out to a third party, now or soon: refused (`quarantined`) while nothing may. */
    sendsOut?: boolean;
    /** Members of the answer that a repeated request (Idempotency-Key) gets as null, such as a token shown once. */
    shownOnce?: readonly string[];
    /** False: the path holds something that must not be in the log. */
    isLogged?: boolean;
    /** A small file that a page needs many of: counted for its address, not for its caller, who has other things to ask. */
    isAsset?: boolean;
  }
  interface FastifyRequest {
    /** Throws on a route that has no workspace. */
    readonly who: Who;
    /** Throws on a route whose policy is not `session`. */
    readonly visitor: Visitor;
  }
}

const whoOf = new WeakMap<FastifyRequest, Who>();
const visitorOf = new WeakMap<FastifyRequest, Visitor>();

export function setWho(request: FastifyRequest, who: Who): void {
  whoOf.set(request, who);
}

export function setVisitor(request: FastifyRequest, visitor: Visitor): void {
  visitorOf.set(request, visitor);
}

/** Null before authentication and on public routes; for logs and limits. */
export function knownWho(request: FastifyRequest): Who | null {
  return whoOf.get(request) ?? null;
}

export function decorateRequests(app: App): void {
  app.decorateRequest('who', {
    getter() {
      const who = whoOf.get(this);
      if (!who) throw new Error('this route has no workspace: its policy is public or session');
      return who;
    },
  });
  app.decorateRequest('visitor', {
    getter() {
      const visitor = visitorOf.get(this);
      if (!visitor) throw new Error('this route has no visitor: its policy is not "session"');
      return visitor;
    },
  });
}
