import { type Session, session, signIn } from '@keyrail/contract/people';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { AppError } from '../lib/app-error.ts';
import type { People } from '../workspaces/people.ts';
import type { Client, Visitor } from '../workspaces/visitor.ts';
import { clientOf } from './authenticate.ts';
import type { App } from './route.ts';
import { clearSessionCookie, setSessionCookie } from './session-cookie.ts';
import { presentWorkspace } from './workspace.ts';

export type SessionRoutesDeps = Pick<
  People,
  'signIn' | 'signOut' | 'endOtherSessions' | 'bySession' | 'workspacesOf'
> &
  Paused;

/** Whether nothing is sent, because the database may be a copy. */
export interface Paused {
  isQuarantined(): boolean;
}

export type SessionConfig = Pick<Config, 'publicUrl' | 'upstreams'>;

export function sessionRoutes(app: App, deps: SessionRoutesDeps, config: SessionConfig): void {
  app.route({
    method: 'GET',
    url: '/v1/session',
    config: { policy: 'session' },
    schema: { tags: ['People'], summary: 'Who is signed in', response: { 200: session } },
    handler: async (request) => presentVisitor(deps, config, request.visitor),
  });
  app.route({
    method: 'POST',
    url: '/v1/session',
    config: { policy: 'public' },
    schema: { tags: ['People'], summary: 'Sign in', body: signIn, response: { 200: session } },
    handler: async (request, reply) => {
      const client = clientOf(request);
      const opened = await deps.signIn(request.body, client);
      setSessionCookie(reply, config.publicUrl, opened.token, opened.expiresAt);
      return reply.send(await presentSession(deps, config, opened.token, client));
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/session',
    config: { policy: 'session' },
    schema: { tags: ['People'], summary: 'Sign out', response: { 204: z.undefined() } },
    handler: async (request, reply) => {
      await deps.signOut(request.visitor);
      clearSessionCookie(reply, config.publicUrl);
      return reply.code(204).send(undefined);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/sessions/others',
    config: { policy: 'session' },
    schema: {
      tags: ['People'],
      summary: 'Sign out everywhere else',
      response: { 200: z.object({ ended: z.int().describe('How many sessions were ended.') }) },
    },
    handler: async (request) => ({ ended: await deps.endOtherSessions(request.visitor) }),
  });
}

/** Right after signing in, when the browser does not send the new cookie yet. */
export async function presentSession(
  deps: Pick<People, 'bySession' | 'workspacesOf'> & Paused,
  config: SessionConfig,
  token: string,
  client: Client,
): Promise<Session> {
  const visitor = await deps.bySession(token, client);
  if (!visitor) throw new AppError('unauthenticated');
  return presentVisitor(deps, config, visitor);
}

async function presentVisitor(
  deps: Pick<People, 'workspacesOf'> & Paused,
  config: SessionConfig,
  visitor: Visitor,
): Promise<Session> {
  return {
    user: { id: visitor.userId, name: visitor.name, email: visitor.email },
    workspaces: (await deps.workspacesOf(visitor)).map(presentWorkspace),
    upstreams_redirected: config.upstreams.size > 0,
    is_quarantined: deps.isQuarantined(),
  };
}
