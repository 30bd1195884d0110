import { type Role, type Scope, scope } from '@keyrail/contract/people';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RouteSummary } from '../src/api/app.ts';
import { newId } from '../src/lib/id.ts';
import { scopesOfRole } from '../src/workspaces/policy.ts';
import { type Client, startApp, type TestApp } from './app.ts';

/*
 * Made from the routes there are: whoever adds one is tested at once. A route without a policy does not even start
 * (api/app.ts); the ones open to everybody are listed here by name.
 */

const OPEN = [
  'DELETE /v1/memberships/:workspace_id: session',
  'DELETE /v1/session: session',
  'DELETE /v1/sessions/others: session',
  'GET /*: public',
  'GET /docs: public',
  'GET /health/live: public',
  'GET /health/ready: public',
  'GET /metrics: public',
  'GET /openapi.json: public',
  'GET /v1/invitations/state: public',
  'GET /v1/memberships/:workspace_id/leaving: session',
  'GET /v1/session: session',
  'GET /v1/setup: public',
  'HEAD /*: public',
  'POST /v1/invitations/accept: public',
  'POST /v1/session: public',
  'POST /v1/setup: public',
];

const roles: Role[] = ['viewer', 'editor', 'admin', 'owner'];

let app: TestApp;
let members: Record<Role, Client>;
beforeAll(async () => {
  app = await startApp();
  const made = await Promise.all(roles.map(async (role) => [role, await app.member(role)] as const));
  members = Object.fromEntries(made) as Record<Role, Client>;
});
afterAll(() => app.close());

const guarded = () =>
  app.routes.filter((route): route is RouteSummary & { policy: { role: Role; scope: Scope | null } } =>
    Boolean(typeof route.policy === 'object'),
  );

/** A path of that route to something that is not there. */
const pathOf = ({ url }: RouteSummary) =>
  url
    .replace(/\/connections\/:id/, `/connections/${newId('con')}`)
    .replace(/\/tables\/:\w+/, `/tables/${newId('tbl')}`)
    .replace(/\/columns\/:\w+/, `/columns/${newId('col')}`)
    .replace(/\/rows\/:\w+/, `/rows/${newId('row')}`)
    .replace(/\/runs\/:\w+/, `/runs/${newId('run')}`)
    .replace(/\/tokens\/:\w+/, `/tokens/${newId('tok')}`)
    .replace(/:\w+/g, 'something')
    .replace('*', 'something');

const call = (client: Client, route: RouteSummary) => client.request(route.method, pathOf(route));

async function statusesOf(client: () => Promise<Client> | Client, routes: RouteSummary[]) {
  const answers: Record<string, number> = {};
  for (const route of routes)
    answers[`${route.method} ${route.url}`] = (await call(await client(), route)).status;
  return answers;
}

const all = (routes: RouteSummary[], status: number) =>
  Object.fromEntries(routes.map((route) => [`${route.method} ${route.url}`, status]));

describe('every route', () => {
  test('is open only when it stands in the list of open ones', () => {
    const open = app.routes.filter(({ policy }) => typeof policy === 'string');
    expect(open.map(({ method, url, policy }) => `${method} ${url}: ${policy}`).sort()).toEqual(OPEN);
    expect(guarded().length).toBeGreaterThan(20);
  });

  test('answers 401 to whoever does not say who they are', async () => {
    const routes = app.routes.filter(({ policy }) => policy !== 'public');
    expect(await statusesOf(() => app.anonymous, routes)).toEqual(all(routes, 401));
  });

  test('answers 403 to a role below its least', async () => {
    for (const role of roles) {
      const refused = guarded().filter(({ policy }) => roles.indexOf(policy.role) > roles.indexOf(role));
      expect(await statusesOf(() => members[role], refused)).toEqual(all(refused, 403));
    }
  });

  test('lets its least role pass', async () => {
    for (const route of guarded()) {
      const { status } = await call(members[route.policy.role], route);
      expect([`${route.method} ${route.url}`, status === 401 || status === 403]).toEqual([
        `${route.method} ${route.url}`,
        false,
      ]);
    }
  });

  test('asks for a scope that its least role has', () => {
    for (const { url, policy } of guarded()) {
      if (policy.scope === null) expect(url).toBe('/v1/workspace');
      else expect(scopesOfRole[policy.role].has(policy.scope)).toBe(true);
    }
  });

  test('answers 404 to somebody of another workspace, the same as for a workspace that is not', async () => {
    const { workspaceId } = await app.outsider();
    for (const other of [workspaceId, newId<string>('wsp')]) {
      const foreign = app.as({ ...app.owner.headers, 'keyrail-workspace': other });
      expect(await statusesOf(() => foreign, guarded())).toEqual(all(guarded(), 404));
    }
  });

  test('answers 403 to a token without its scope, whatever other scopes it has', async () => {
    for (const missing of scope.options) {
      const refused = guarded().filter(({ policy }) => policy.scope === missing);
      if (refused.length === 0) continue;
      const token = await app.token(scope.options.filter((one) => one !== missing));
      expect(await statusesOf(() => token, refused)).toEqual(all(refused, 403));
    }
  });

  test('answers 404 to a token that names another workspace', async () => {
    const { workspaceId } = await app.outsider();
    const token = await app.token();
    const foreign = app.as({ ...token.headers, 'keyrail-workspace': workspaceId });
    expect(await statusesOf(() => foreign, guarded())).toEqual(all(guarded(), 404));
  });

  test('answers 400 to a session that does not say which workspace, and never takes one by guess', async () => {
    const { cookie = '' } = app.owner.headers;
    expect(await statusesOf(() => app.as({ cookie }), guarded())).toEqual(all(guarded(), 400));
  });
});

describe('the operator', () => {
  test('has no address over HTTP: not even an owner finds master key, allow-list or backup there', async () => {
    for (const path of ['/v1/keys', '/v1/key/rotate', '/v1/operator', '/v1/backup', '/v1/settings/egress']) {
      expect((await app.owner.post(path, {})).status).toBe(404);
    }
  });
});
