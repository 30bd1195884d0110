import { setupCheck, setupCheckAsk } from '@keyrail/contract/setup-check';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SeenRequest, SetupFacts } from '../instance/setup-facts.ts';
import { setupFindings } from '../instance/setup-findings.ts';
import { AppError } from '../lib/app-error.ts';
import type { Who } from '../workspaces/who.ts';
import type { App } from './route.ts';

export interface SetupCheckRouteDeps {
  gather(
    who: Who,
    asked: { browser: { origin: string; time: Date | null }; seen: SeenRequest },
  ): Promise<SetupFacts>;
  /** Null: not a number of ours. */
  answer(nonce: string, seen: SeenRequest): Promise<string | null>;
}

/** "Check my setup", and what it asks its own public address for. */
export function setupCheckRoutes(app: App, deps: SetupCheckRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/setup-check',
    config: { policy: { role: 'admin', scope: 'connections:write' } },
    schema: {
      tags: ['Sign-in'],
      summary: 'Check what signing in and links depend on',
      description:
        'Public address, certificate, reverse proxy, the way back from a sign-in, clocks, sign-in setups, files of the catalog, master key, and whether the database is a copy. The server asks its own public address for it, and nobody else.',
      body: setupCheckAsk,
      response: { 200: setupCheck },
    },
    handler: async (request) => {
      if (request.who.connectionIds !== null) throw refusedBound();
      const { browser_origin: address, browser_time: time } = request.body;
      const browser = { origin: new URL(address).origin, time: time === undefined ? null : new Date(time) };
      const facts = await deps.gather(request.who, { browser, seen: seenIn(request) });
      return {
        checked_at: facts.now.toISOString(),
        public_url: facts.ownUrl,
        findings: setupFindings(facts),
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/oauth/callback/setup-check/:nonce',
    config: { policy: 'public', isLogged: false },
    schema: {
      hide: true,
      params: z.object({ nonce: z.string().max(64) }),
      response: { 200: z.object({ answer: z.string() }) },
    },
    handler: async (request) => {
      const answer = await deps.answer(request.params.nonce, seenIn(request));
      if (answer === null) throw new AppError('not_found');
      return { answer };
    },
  });
}

/** It is about the whole server, and names other tools' setups. */
function refusedBound(): AppError {
  return new AppError('forbidden', {
    detail: 'This token is bound to certain connections and cannot check the setup.',
  });
}

/** As it came, believed or not: that is what is looked at. */
function seenIn({ headers, socket }: FastifyRequest): SeenRequest {
  const text = (name: string) => headers[name]?.toString().slice(0, 300) ?? null;
  return {
    peer: socket.remoteAddress ?? '',
    host: text('host'),
    forwardedFor: text('x-forwarded-for'),
    forwardedProto: text('x-forwarded-proto'),
    forwardedHost: text('x-forwarded-host'),
  };
}
