import { session, setup, setupState } from '@keyrail/contract/people';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { People } from '../workspaces/people.ts';
import { clientOf } from './authenticate.ts';
import type { App } from './route.ts';
import { type Paused, presentSession } from './session.ts';
import { setSessionCookie } from './session-cookie.ts';

export type SetupRoutesDeps = Paused &
  Pick<People, 'setupState' | 'completeSetup' | 'bySession' | 'workspacesOf'>;

const query = z.strictObject({ code: z.string().max(200) });

export function setupRoutes(
  app: App,
  deps: SetupRoutesDeps,
  config: Pick<Config, 'publicUrl' | 'upstreams'>,
): void {
  app.route({
    method: 'GET',
    url: '/v1/setup',
    config: { policy: 'public' },
    schema: {
      tags: ['People'],
      summary: 'Whether the one-time link still works',
      querystring: query,
      response: { 200: setupState },
    },
    handler: async (request) => {
      const { isOpen, hasAccounts } = await deps.setupState(request.query.code);
      return { is_open: isOpen, has_accounts: hasAccounts };
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/setup',
    config: { policy: 'public' },
    schema: {
      tags: ['People'],
      summary: 'Make a workspace and the account of its owner',
      description:
        'With the code of the one-time link that the server prints at its start while there is no workspace. Whoever has an account keeps it, and gives its password. Signs the owner in.',
      body: setup,
      response: { 201: session },
    },
    handler: async (request, reply) => {
      const { workspace_name: workspaceName, ...input } = request.body;
      const client = clientOf(request);
      const opened = await deps.completeSetup({ ...input, workspaceName }, client);
      setSessionCookie(reply, config.publicUrl, opened.token, opened.expiresAt);
      return reply.code(201).send(await presentSession(deps, config, opened.token, client));
    },
  });
}
