import cookie from '@fastify/cookie';
import Fastify, { type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { type AuditRoutesDeps, auditRoutes } from './audit.ts';
import { authenticate, type Identify } from './authenticate.ts';
import { catalogProblemRoutes } from './catalog-problems.ts';
import { type ConnectionChoicesDeps, connectionChoiceRoutes } from './connection-choices.ts';
import { type ConnectionRequestRoutesDeps, connectionRequestRoutes } from './connection-requests.ts';
import { type ConnectionRoutesDeps, connectionRoutes } from './connections.ts';
import { type CredentialsRoutesDeps, credentialsRoutes } from './credentials.ts';
import { type CustomRoutesDeps, customIntegrationRoutes } from './custom-integrations.ts';
import { type DeliveryRoutesDeps, deliveryRoutes } from './deliveries.ts';
import { createEventStreams, type EventStreams } from './events.ts';
import { type ExpiryRoutesDeps, expiryRoutes } from './expiries.ts';
import { type FieldChoicesRouteDeps, fieldChoicesRoute } from './field-choices.ts';
import { validatorCompiler } from './field-words.ts';
import { gate } from './gate.ts';
import { type HealthDeps, healthRoutes } from './health.ts';
import { type IdempotencyKeys, idempotency } from './idempotency.ts';
import { type ImportRoutesDeps, importRoutes } from './imports.ts';
import { integrationIconRoutes } from './integration-icons.ts';
import { type IntegrationRoutesDeps, integrationRoutes } from './integrations.ts';
import { type InvitationRoutesDeps, invitationRoutes } from './invitations.ts';
import { parseJsonBody } from './json-body.ts';
import { type MemberRoutesDeps, memberRoutes } from './members.ts';
import { createMethods, type Methods } from './methods.ts';
import { type NoticeRoutesDeps, noticeRoutes } from './notices.ts';
import { type ChannelRoutesDeps, notificationChannelRoutes } from './notification-channels.ts';
import { type OAuthRoutesDeps, oauthRoutes } from './oauth.ts';
import { type CallbackRoutesDeps, oauthCallbackRoutes } from './oauth-callback.ts';
import { openApi } from './openapi.ts';
import { handleError, sendProblem } from './problem.ts';
import { type ProxyRoutesDeps, proxyRoutes } from './proxy.ts';
import { type RecogniseRouteDeps, recogniseRoute } from './recognise.ts';
import { requestLog } from './request-log.ts';
import { type App, decorateRequests, type Policy } from './route.ts';
import { type RunRoutesDeps, runRoutes } from './runs.ts';
import { fillSchemas } from './schema-defaults.ts';
import { securityHeaders } from './security-headers.ts';
import { type SessionRoutesDeps, sessionRoutes } from './session.ts';
import { type SetupRoutesDeps, setupRoutes } from './setup.ts';
import { type SetupCheckRouteDeps, setupCheckRoutes } from './setup-check.ts';
import { type RowRoutesDeps, rowRoutes } from './table-rows.ts';
import { type TableRoutesDeps, tableRoutes } from './tables.ts';
import { type BindableDeps, type TokenRoutesDeps, tokenRoutes } from './tokens.ts';
import { webFiles } from './web.ts';
import { type WebhookRoutesDeps, webhookRoutes } from './webhooks.ts';
import { type WithdrawalRoutesDeps, withdrawalRoutes } from './withdrawals.ts';
import { type WorkspaceRoutesDeps, workspaceRoutes } from './workspace.ts';

/** What every resource file can be handed besides its own room. */
export interface ApiFrame {
  clock: Clock;
  log: Log;
  events: EventStreams;
  /** Whether who asked may still do so: roles, sessions and tokens end while something long goes on. */
  isStillAllowed: (request: FastifyRequest) => Promise<boolean>;
}

/** What the API needs; `compose` fills it. A room adds one member here and one line in `addRoutes`. */
export interface ApiDeps {
  config: Pick<
    Config,
    | 'role'
    | 'publicUrl'
    | 'trustedProxies'
    | 'requestMaxBytes'
    | 'requestsPerSecond'
    | 'upstreams'
    | 'csvMaxBytes'
  >;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  identify: Identify;
  idempotencyKeys: IdempotencyKeys;
  health: HealthDeps;
  /** The folder of the built web app; null where this process serves none. */
  webDir: string | null;
  people: SetupRoutesDeps &
    SessionRoutesDeps &
    WorkspaceRoutesDeps &
    TokenRoutesDeps &
    MemberRoutesDeps &
    InvitationRoutesDeps &
    ConnectionRequestRoutesDeps;
  audit: AuditRoutesDeps;
  catalogs: IntegrationRoutesDeps['catalogs'];
  connections: ConnectionChoicesDeps &
    ConnectionRoutesDeps &
    ExpiryRoutesDeps &
    CredentialsRoutesDeps &
    BindableDeps &
    RecogniseRouteDeps &
    FieldChoicesRouteDeps &
    WithdrawalRoutesDeps &
    IntegrationRoutesDeps['connections'];
  notices: NoticeRoutesDeps & ChannelRoutesDeps & WebhookRoutesDeps & DeliveryRoutesDeps;
  custom: CustomRoutesDeps;
  proxy: ProxyRoutesDeps;
  oauth: OAuthRoutesDeps & Pick<CallbackRoutesDeps, 'signIns'>;
  setupCheck: SetupCheckRouteDeps;
  runs: RunRoutesDeps;
  tables: TableRoutesDeps & RowRoutesDeps & ImportRoutesDeps;
}

export interface RouteSummary {
  method: string;
  url: string;
  policy: Policy;
  /** What it takes, as far as it says so. */
  schema: { params?: z.ZodType; querystring?: z.ZodType; body?: z.ZodType };
  streams: readonly string[] | undefined;
}

export interface Api {
  app: App;
  /** What there is to call; the tests of who may call what are made from it. */
  routes: readonly RouteSummary[];
  /** Ends the open event streams, so that a stop need not wait for them. */
  closeStreams(): void;
}

/** The whole HTTP side: what stands in front of every route, then the routes. */
export async function createApi(deps: ApiDeps): Promise<Api> {
  const routes: RouteSummary[] = [];
  const app = createApp(deps, routes);
  const isStillAllowed = async (request: Parameters<typeof authenticate>[1]) =>
    authenticate(
      deps.identify,
      request,
      policyOf(request.routeOptions.config.policy),
      gate.credentialOf(deps, request),
    ).then(
      () => true,
      (error: unknown) => !(error instanceof AppError && isRefusal(error)),
    );
  const events = createEventStreams({ clock: deps.clock, isStillAllowed });
  await app.register(cookie);
  decorateRequests(app);
  requestLog(app, deps);
  gate.install(app, deps);
  idempotency(app, deps);
  await openApi(app, deps.config.publicUrl);
  addRoutes(app, deps, { clock: deps.clock, log: deps.log, events, isStillAllowed });
  if (deps.config.role !== 'worker') await webFiles(app, deps.webDir);
  await app.ready();
  return { app, routes, closeStreams: events.closeAll };
}

function addRoutes(app: App, deps: ApiDeps, frame: ApiFrame): void {
  healthRoutes(app, deps.health, deps.metrics);
  // A worker says how it is, and nothing else.
  if (deps.config.role === 'worker') return;
  setupRoutes(app, deps.people, deps.config);
  sessionRoutes(app, deps.people, deps.config);
  workspaceRoutes(app, deps.people);
  memberRoutes(app, deps.people);
  invitationRoutes(app, deps.people, deps.config);
  connectionRequestRoutes(app, deps.people);
  connectionChoiceRoutes(app, deps.connections);
  tokenRoutes(app, deps.people, deps.connections);
  auditRoutes(app, deps.audit);
  integrationRoutes(app, deps);
  integrationIconRoutes(app);
  catalogProblemRoutes(app, deps);
  recogniseRoute(app, deps.connections, frame);
  fieldChoicesRoute(app, deps.connections, frame);
  connectionRoutes(app, deps.connections, deps.catalogs);
  withdrawalRoutes(app, deps.connections);
  noticeRoutes(app, deps.notices);
  notificationChannelRoutes(app, deps.notices);
  webhookRoutes(app, deps.notices, frame);
  deliveryRoutes(app, deps.notices);
  expiryRoutes(app, deps.connections);
  credentialsRoutes(app, deps.connections, frame);
  customIntegrationRoutes(app, deps.custom, frame);
  proxyRoutes(app, deps.proxy);
  oauthRoutes(app, deps.oauth, deps.config);
  const { identify, people } = deps;
  oauthCallbackRoutes(app, { ...deps.oauth, identify, workspace: people.workspace }, deps.config);
  setupCheckRoutes(app, deps.setupCheck);
  runRoutes(app, deps.runs, frame);
  tableRoutes(app, deps.tables);
  rowRoutes(app, deps.tables);
  importRoutes(app, deps.tables, frame);
}

/** The framework types these for its own compilers alone, which take other schemas than zod's. */
const compilersFactory = {
  buildValidator: () => validatorCompiler,
  buildSerializer: () => serializerCompiler,
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

function createApp(deps: ApiDeps, routes: RouteSummary[]): App {
  const methods = createMethods();
  const headers = securityHeaders(deps.config.publicUrl?.startsWith('https:') ?? false);
  const app: App = Fastify({
    logger: false,
    genReqId: () => newId('req'),
    trustProxy: deps.config.trustedProxies.length > 0 ? deps.config.trustedProxies : false,
    bodyLimit: deps.config.requestMaxBytes,
    routerOptions: { maxParamLength: 2048, ignoreTrailingSlash: false, caseSensitive: true },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // Handed in here rather than set later: without them the framework loads its own (ajv) first, to never use it.
    schemaController: { compilersFactory },
    // A path that cannot be read has no route, and passes no gate.
    frameworkErrors: (error, request, reply) => {
      reply.headers(headers).header('request-id', request.id);
      handleError(deps.log, error, request, reply);
    },
  }).withTypeProvider();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  // Reached only by what the route says it streams; `gate` has refused everything else.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.addHook('onRoute', (route) => {
    if (route.config?.policy === undefined) {
      throw new Error(`${String(route.method)} ${route.url} declares no policy: say who may call it`);
    }
    methods.add(route.method, route.url);
    fillSchemas(route);
    const { policy, streams } = route.config;
    const schema = (route.schema ?? {}) as RouteSummary['schema'];
    for (const method of [route.method].flat()) {
      routes.push({ method, url: route.url, policy, schema, streams });
    }
  });
  app.setErrorHandler((error, request, reply) => handleError(deps.log, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = methods.of(path);
    // With the right method it is a name in it that is longer than any is.
    if (allowed.length === 0 || allowed.includes(request.method))
      return sendProblem(noSuchAddress(methods, path), request, reply);
    return sendProblem(
      new AppError('method_not_allowed'),
      request,
      reply.header('allow', allowed.join(', ')),
    );
  });
  return app;
}

function noSuchAddress(methods: Methods, path: string): AppError {
  if (!/^\/+v1(\/|$)/i.test(path)) return new AppError('not_found');
  const meant = path
    .replace(/\/{2,}/g, '/')
    .replace(/^\/v1/i, '/v1')
    .replace(/(.)\/$/, '$1');
  const isThere = meant !== path && meant.length <= 200 && methods.of(meant).length > 0;
  return new AppError('not_found', {
    detail: isThere
      ? `There is no such address. Did you mean ${meant}?`
      : 'There is no such address. /docs lists those that there are.',
  });
}

function policyOf(policy: Policy | undefined): Policy {
  if (policy === undefined) throw new Error('a route without a policy');
  return policy;
}

function isRefusal(error: AppError): boolean {
  return error.code === 'unauthenticated' || error.code === 'forbidden' || error.code === 'not_found';
}
