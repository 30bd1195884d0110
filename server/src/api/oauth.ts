import { authorizationId } from '@keyrail/contract/ids';
import {
  authorization,
  chooseAccount,
  oauthApp,
  putOAuthApp,
  savedOAuthApp,
  startAuthorization,
  startedAuthorization,
} from '@keyrail/contract/oauth';
import { pageOf } from '@keyrail/contract/page';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Config } from '../config.ts';
import type { SignIns } from '../connections/sign-in/sign-ins.ts';
import type { Saved as SavedSetup } from '../oauth/setups/change-app.ts';
import type { OAuthApps } from '../oauth/setups/oauth-apps.ts';
import { dateOf } from './connections.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { ownOrigin } from './own-origin.ts';
import type { App } from './route.ts';
import { setSignInCookie } from './sign-in-cookie.ts';

export interface OAuthRoutesDeps {
  apps: OAuthApps;
  signIns: Pick<SignIns, 'begin' | 'get' | 'choose' | 'goOn'>;
}

const setups = { policy: { role: 'admin', scope: 'connections:write' } } as const;
const tags = ['Sign-in'];
const integrationParams = z.object({ integration: z.string().max(100) });

/** `/v1/oauth`: one-time sign-in setups, and sign-ins at providers. No answer of these routes holds a secret. */
export function oauthRoutes(app: App, deps: OAuthRoutesDeps, config: Pick<Config, 'publicUrl'>): void {
  appRoutes(app, deps.apps);
  authorizationRoutes(app, deps.signIns, config);
}

function appRoutes(app: App, deps: OAuthApps): void {
  app.route({
    method: 'GET',
    url: '/v1/oauth/apps',
    config: setups,
    schema: {
      tags,
      summary: 'List the one-time sign-in setups',
      description: "The workspace's own, and the operator's where it has none of its own.",
      response: { 200: pageOf(oauthApp) },
    },
    handler: async (request) => ({ data: await deps.list(request.who), next_cursor: null }),
  });

  app.route({
    method: 'GET',
    url: '/v1/oauth/apps/:integration',
    config: setups,
    schema: {
      tags,
      summary: 'Read one sign-in setup',
      params: integrationParams,
      response: { 200: oauthApp },
    },
    handler: async (request, reply) => {
      const found = await deps.get(request.who, request.params.integration);
      setVersion(reply, found.version);
      return found;
    },
  });

  app.route({
    method: 'PUT',
    url: '/v1/oauth/apps/:integration',
    config: setups,
    schema: {
      tags,
      summary: 'Enter or change a sign-in setup',
      description:
        'The secret is kept encrypted and never shown again. One that takes the place of another of the same client ID is checked with the tool first (422 credential_rejected with the verdict), and the one before can be rolled back to for a time; nobody signs in again. Another client ID while connections are signed in is refused (conflict, client_id_in_use) unless sign_in_again says that they are to sign in again.',
      params: integrationParams,
      body: putOAuthApp,
      response: { 200: savedOAuthApp },
    },
    handler: async (request, reply) => {
      const { body } = request;
      const change = {
        clientId: body.client_id,
        clientSecret: body.client_secret,
        signInAgain: body.sign_in_again,
        addressStamp: body.address_stamp,
        saveUnverified: body.save_unverified,
        keepPreviousMs: body.keep_previous_hours * 3_600_000,
        endsAt: dateOf(body.client_secret_ends_at),
        rotateAt: dateOf(body.rotate_at),
      };
      const { integration } = request.params;
      return saved(reply, await deps.put(request.who, integration, change, expectedVersion(request)));
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/oauth/apps/:integration/rollback',
    config: setups,
    schema: {
      tags,
      summary: 'Go back to the client secret before the last change',
      description:
        'It is checked first; where the tool no longer accepts it, nothing changes. Nobody signs in again.',
      params: integrationParams,
      response: { 200: savedOAuthApp },
    },
    handler: async (request, reply) => {
      const { integration } = request.params;
      return saved(reply, await deps.rollBack(request.who, integration, expectedVersion(request)));
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/oauth/apps/:integration/destroy-previous',
    config: setups,
    schema: {
      tags,
      summary: 'Destroy the replaced client secret now',
      description: 'For a secret that may have leaked. Remove it at the tool, too: there it still works.',
      params: integrationParams,
      response: { 200: oauthApp },
    },
    handler: async (request, reply) => {
      const { integration } = request.params;
      const left = await deps.destroyPrevious(request.who, integration, expectedVersion(request));
      setVersion(reply, left.version);
      return left;
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/oauth/apps/:integration',
    config: setups,
    schema: {
      tags,
      summary: "Remove the workspace's own sign-in setup",
      description: 'Connections keep what they have until it must be renewed; then they must sign in again.',
      params: integrationParams,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await deps.remove(request.who, request.params.integration, expectedVersion(request));
      return reply.code(204).send(null);
    },
  });
}

function saved(reply: FastifyReply, { app, verdict }: SavedSetup) {
  setVersion(reply, app.version);
  return { ...app, verdict };
}

function authorizationRoutes(
  app: App,
  deps: OAuthRoutesDeps['signIns'],
  config: Pick<Config, 'publicUrl'>,
): void {
  app.route({
    method: 'POST',
    url: '/v1/oauth/authorizations',
    // The state in the address is kept as a hash alone.
    config: { ...setups, shownOnce: ['authorization_url'], sendsOut: true },
    schema: {
      tags,
      summary: 'Begin a sign-in at a tool, for a new connection or an existing one',
      description:
        'Open authorization_url in a new window of the same browser, within ten minutes. Begun with an API token, it is the address of a page of Keyrail on which somebody who is signed in and may manage connections here sees what is asked for, and goes on with it.',
      body: startAuthorization,
      response: { 201: startedAuthorization },
    },
    handler: async (request, reply) => {
      const { body } = request;
      const ask = {
        integration: body.integration,
        method: body.method,
        connection: body.connection,
        name: body.name,
        fields: body.fields,
        optionalScopes: body.optional_scopes,
        makeDefault: body.default,
        acceptOtherAccount: body.accept_other_account,
      };
      const begun = await deps.begin(request.who, ask, ownOrigin(request, config.publicUrl));
      return reply.code(201).send(started(reply, config, begun));
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/oauth/authorizations/:id',
    config: setups,
    schema: {
      tags,
      summary: 'See how far a sign-in is',
      params: z.object({ id: authorizationId }),
      response: { 200: authorization },
    },
    handler: async (request) => presented(await deps.get(request.who, request.params.id)),
  });

  app.route({
    method: 'POST',
    url: '/v1/oauth/authorizations/:id/choose',
    config: setups,
    schema: {
      tags,
      summary: 'Say which account a sign-in is for, where it reaches several',
      description:
        'For the person who signed in, while the state is choosing, and once. How it ended stands in the answer.',
      params: z.object({ id: authorizationId }),
      body: chooseAccount,
      response: { 200: authorization },
    },
    handler: async (request) =>
      presented(await deps.choose(request.who, request.params.id, request.body.value)),
  });

  app.route({
    method: 'POST',
    url: '/v1/oauth/authorizations/:id/start',
    // The state in the address is kept as a hash alone.
    config: { ...setups, shownOnce: ['authorization_url'] },
    schema: {
      tags,
      summary: 'Go on with a sign-in that an API token began',
      description:
        'For a person signed in in a browser, who from then on is the only one to finish it, in that browser. The page behind the authorization_url of such a sign-in calls it.',
      params: z.object({ id: authorizationId }),
      response: { 200: startedAuthorization },
    },
    handler: async (request, reply) => {
      const origin = ownOrigin(request, config.publicUrl);
      return started(reply, config, await deps.goOn(request.who, request.params.id, origin));
    },
  });
}

function presented(found: Awaited<ReturnType<SignIns['get']>>) {
  return {
    id: found.id,
    integration: found.integration,
    state: found.state,
    choices: found.choice === null ? null : [...found.choice.choices],
    choice_label: found.choice?.label ?? null,
    connection_id: found.connectionId,
    reason: found.reason,
    message: found.message,
    next_step: found.nextStep,
    expires_at: found.expiresAt.toISOString(),
  };
}

function started(
  reply: FastifyReply,
  { publicUrl }: Pick<Config, 'publicUrl'>,
  { authorization: made, authorizationUrl, browserNonce }: Awaited<ReturnType<SignIns['begin']>>,
) {
  if (browserNonce !== null) setSignInCookie(reply, publicUrl, made, browserNonce);
  return {
    id: made.id,
    authorization_url: authorizationUrl,
    expires_at: made.expiresAt.toISOString(),
  };
}
