import {
  checkedConnection,
  connectedApp,
  connectedAppsQuery,
  connection,
  connectionEvent,
  connectionsQuery,
  connectionUsage,
  createConnection,
  createdConnection,
  deleteConnectionQuery,
  dependent,
  reconnectConnection,
  updateConnection,
  updatedConnection,
} from '@keyrail/contract/connections';
import { connectionId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import type { Verdict } from '@keyrail/contract/verdicts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Connections } from '../connections/connections.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { presentConnection } from './present-connection.ts';
import { presentApp } from './present-integration.ts';
import type { App } from './route.ts';

export type ConnectionRoutesDeps = Pick<
  Connections,
  | 'connect'
  | 'list'
  | 'get'
  | 'update'
  | 'reconnect'
  | 'verify'
  | 'makeDefault'
  | 'disconnect'
  | 'rollBack'
  | 'destroyPrevious'
  | 'remove'
  | 'dependents'
  | 'events'
  | 'usage'
  | 'apps'
>;

const one = z.object({ id: connectionId });
const reading = { policy: { role: 'viewer', scope: 'connections:read' } } as const;
const changing = { policy: { role: 'admin', scope: 'connections:write' } } as const;
const tags = ['Connections'];

/** `/v1/connections`: saved sets of credentials. No answer of these routes holds a secret. */
export function connectionRoutes(app: App, deps: ConnectionRoutesDeps, catalogs: Catalogs): void {
  lookRoutes(app, deps, catalogs);
  aboutRoutes(app, deps);
  enterRoutes(app, deps);
  deedRoutes(app, deps);
}

function lookRoutes(app: App, deps: ConnectionRoutesDeps, catalogs: Catalogs): void {
  app.route({
    method: 'GET',
    url: '/v1/connections',
    config: reading,
    schema: {
      tags,
      summary: 'List connections, oldest first',
      querystring: connectionsQuery,
      response: { 200: pageOf(connection) },
    },
    handler: async (request) => {
      const { integration, status, limit, cursor } = request.query;
      const page = await deps.list(request.who, { integration, status, limit, cursor });
      return { data: page.data.map(presentConnection), next_cursor: page.nextCursor };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/connections/apps',
    config: reading,
    schema: {
      tags,
      summary: 'List the apps that have a connection',
      description: 'With the number of connections and the worst status; what needs attention comes first.',
      querystring: connectedAppsQuery,
      response: { 200: pageOf(connectedApp) },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const page = await deps.apps(request.who, { limit: limit ?? null, cursor });
      const catalog = await catalogs.of(request.who.workspaceId);
      const data = page.data.map((found) => presentApp(found, catalog.entry(found.integration)));
      return { data, next_cursor: page.nextCursor };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/connections/:id',
    config: reading,
    schema: { tags, summary: 'Read one connection', params: one, response: { 200: connection } },
    handler: async (request, reply) => versioned(reply, await deps.get(request.who, request.params.id)),
  });
}

function aboutRoutes(app: App, deps: ConnectionRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/connections/:id/dependents',
    config: reading,
    schema: {
      tags,
      summary: 'List what uses a connection',
      description: 'Action columns that name it and, while it is the default, those that use the default.',
      params: one,
      response: { 200: pageOf(dependent) },
    },
    handler: async (request) => ({
      data: await deps.dependents(request.who, request.params.id),
      next_cursor: null,
    }),
  });

  app.route({
    method: 'GET',
    url: '/v1/connections/:id/events',
    config: reading,
    schema: {
      tags,
      summary: "Read a connection's timeline, newest first",
      params: one,
      querystring: pageQuery,
      response: { 200: pageOf(connectionEvent) },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      const page = await deps.events(request.who, request.params.id, { limit, cursor });
      return { data: page.data, next_cursor: page.nextCursor };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/connections/:id/usage',
    config: reading,
    schema: {
      tags,
      summary: 'Read the calls and errors of the last 30 days, by the hour',
      params: one,
      response: { 200: connectionUsage },
    },
    handler: async (request) => {
      const hours = await deps.usage(request.who, request.params.id);
      const data = hours.map(({ from, calls, errors, averageMs }) => ({
        from: from.toISOString(),
        calls,
        errors,
        average_ms: averageMs,
      }));
      return { data };
    },
  });
}

function enterRoutes(app: App, deps: ConnectionRoutesDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/connections',
    config: changing,
    schema: {
      tags,
      summary: 'Connect a tool',
      description:
        'The credentials are checked with the tool first. Where it does not accept them, nothing is saved and the answer is 422 with the verdict.',
      body: createConnection,
      response: { 201: createdConnection },
    },
    handler: async (request, reply) => {
      const { integration, name, method, credentials, save_unverified, default: makeDefault } = request.body;
      const shared = { integration, name, method, credentials, makeDefault };
      const input = {
        ...shared,
        saveUnverified: save_unverified,
        endsAt: dateOf(request.body.ends_at),
        rotateAt: dateOf(request.body.rotate_at),
      };
      const made = await deps.connect(request.who, input);
      return reply.code(201).send(withVerdict(reply, made));
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/connections/:id',
    config: changing,
    schema: {
      tags,
      summary: 'Rename a connection, replace its credentials, or say when they end',
      description:
        'New credentials are checked first; rejected ones leave no trace. The old ones can be rolled back to for a time.',
      params: one,
      body: updateConnection,
      response: { 200: updatedConnection },
    },
    handler: async (request, reply) => {
      const { name, credentials, save_unverified: saveUnverified, keep_previous_hours: hours } = request.body;
      const dates = { endsAt: dateOf(request.body.ends_at), rotateAt: dateOf(request.body.rotate_at) };
      const change = { name, credentials, saveUnverified, keepPreviousMs: hours * 3_600_000, dates };
      const done = await deps.update(request.who, request.params.id, change, expectedVersion(request));
      return withVerdict(reply, done);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/connections/:id/reconnect',
    config: changing,
    schema: {
      tags,
      summary: 'Enter new credentials for a connection that does not work or was disconnected',
      description: 'Id, name and everything that uses it stay; what waited for it goes on by itself.',
      params: one,
      body: reconnectConnection,
      response: { 200: createdConnection },
    },
    handler: async (request, reply) => {
      const { method, credentials, save_unverified, accept_other_account } = request.body;
      const reconnection = {
        method,
        credentials,
        saveUnverified: save_unverified,
        acceptOtherAccount: accept_other_account,
      };
      const { id } = request.params;
      const done = await deps.reconnect(request.who, id, reconnection, expectedVersion(request));
      return withVerdict(reply, done);
    },
  });
}

function deedRoutes(app: App, deps: ConnectionRoutesDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/connections/:id/verify',
    config: changing,
    schema: { tags, summary: 'Check a connection now', params: one, response: { 200: checkedConnection } },
    handler: async (request, reply) => withVerdict(reply, await deps.verify(request.who, request.params.id)),
  });

  app.route({
    method: 'POST',
    url: '/v1/connections/:id/rollback',
    config: changing,
    schema: {
      tags,
      summary: 'Go back to the credentials before the last change',
      description: 'They are checked first; where they are no longer accepted, nothing changes.',
      params: one,
      response: { 200: checkedConnection },
    },
    handler: async (request, reply) =>
      withVerdict(reply, await deps.rollBack(request.who, request.params.id, expectedVersion(request))),
  });

  app.route({
    method: 'POST',
    url: '/v1/connections/:id/destroy-previous',
    config: changing,
    schema: {
      tags,
      summary: 'Destroy the replaced credentials now',
      description: 'For a key that may have leaked. Withdraw it at the tool, too: there it still works.',
      params: one,
      response: { 200: connection },
    },
    handler: async (request, reply) =>
      versioned(reply, await deps.destroyPrevious(request.who, request.params.id, expectedVersion(request))),
  });

  app.route({
    method: 'POST',
    url: '/v1/connections/:id/default',
    config: changing,
    schema: { tags, summary: 'Set as default', params: one, response: { 200: connection } },
    handler: async (request, reply) =>
      versioned(reply, await deps.makeDefault(request.who, request.params.id)),
  });

  app.route({
    method: 'POST',
    url: '/v1/connections/:id/disconnect',
    config: changing,
    schema: {
      tags,
      summary: 'Destroy the credentials and keep the connection',
      description: 'New credentials (reconnect) heal everything that uses it.',
      params: one,
      response: { 200: connection },
    },
    handler: async (request, reply) =>
      versioned(reply, await deps.disconnect(request.who, request.params.id)),
  });

  app.route({
    method: 'DELETE',
    url: '/v1/connections/:id',
    config: changing,
    schema: {
      tags,
      summary: 'Delete a connection for good',
      description:
        'Where it is the default of several, `new_default` says which one becomes it; without it the answer is 409 with the reason `new_default_needed`.',
      params: one,
      querystring: deleteConnectionQuery,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const how = { newDefault: request.query.new_default, version: expectedVersion(request) };
      await deps.remove(request.who, request.params.id, how);
      return reply.code(204).send(null);
    },
  });
}

/** Null takes a date away; left out leaves it as it is. */
export function dateOf(given: string | null | undefined): Date | null | undefined {
  return typeof given === 'string' ? new Date(given) : given;
}

type Presentable = Parameters<typeof presentConnection>[0];

/** One connection as the whole answer, under its ETag. */
function versioned(reply: FastifyReply, found: Presentable) {
  setVersion(reply, found.version);
  return presentConnection(found);
}

function withVerdict<V extends Verdict | null>(
  reply: FastifyReply,
  done: { connection: Presentable; verdict: V; notes?: string[] },
) {
  return { ...versioned(reply, done.connection), verdict: done.verdict, notes: done.notes ?? [] };
}
