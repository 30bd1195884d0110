import { type Role, type Scope, scope } from '@keyrail/contract/people';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RouteSummary } from '../src/api/app.ts';
import { newId } from '../src/lib/id.ts';
import { scopesIn, scopesOfRole } from '../src/workspaces/policy.ts';
import { type Answer, type Client, startApp, type TestApp } from './app.ts';
import { authorizationTable } from './authorization-table.ts';
import { type Furnished, furnishWorkspace } from './furnished.ts';
import { sampleOf } from './sample-of.ts';
import { until } from './until.ts';
import { digestOf } from './workspace-digest.ts';

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
  'GET /icons/:file: public',
  'GET /metrics: public',
  'GET /oauth/callback/:integration: public',
  'GET /oauth/callback/setup-check/:nonce: public',
  'GET /oauth/done/:id: public',
  'GET /oauth/start/:id: public',
  'GET /openapi.json: public',
  'GET /v1/invitations/state: public',
  'GET /v1/memberships/:workspace_id/leaving: session',
  'GET /v1/session: session',
  'GET /v1/setup: public',
  'HEAD /*: public',
  'HEAD /health/live: public',
  'HEAD /health/ready: public',
  'POST /v1/invitations/accept: public',
  'POST /v1/session: public',
  'POST /v1/setup: public',
];

const roles: Role[] = ['viewer', 'editor', 'admin', 'owner'];

let app: TestApp;
let members: Record<Role, Client>;
let foreign: { client: Client; workspaceId: string };
let foreignThings: Furnished;
beforeAll(async () => {
  app = await startApp();
  const made = await Promise.all(roles.map(async (role) => [role, await app.member(role)] as const));
  members = Object.fromEntries(made) as Record<Role, Client>;
  foreign = await app.outsider();
  foreignThings = await furnishWorkspace(app, foreign);
  // Sign-ins are written to the audit log behind their answers: none comes later than this.
  for (const [client, count] of [
    [foreign.client, 1],
    [app.owner, roles.length],
  ] as const) {
    await until(async () => (await client.get('/v1/audit?action=session')).json.data.length === count);
  }
});
afterAll(() => app.close());

type Guarded = RouteSummary & { policy: { role: Role; scope: Scope | null } };
const guarded = () => app.routes.filter((route): route is Guarded => typeof route.policy === 'object');
const nameOf = ({ method, url }: RouteSummary) => `${method} ${url}`;

/** The parts of a path that are filled in, and of which kind of thing the id is; null: no id, a slug for example. */
function placesOf({ url, schema }: RouteSummary): { name: string; prefix: string | null }[] {
  const shapes = schema.params instanceof z.ZodObject ? schema.params.shape : {};
  return [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const shape = shapes[name] as z.ZodType | undefined;
    return { name, prefix: BY_NAME[name] ?? prefixOf(shape) };
  });
}

function prefixOf(shape: z.ZodType | undefined): string | null {
  const isSlug = shape === undefined || shape.safeParse('something').success;
  return isSlug ? null : (PREFIXES.find((one) => shape.safeParse(newId(one)).success) ?? null);
}

/** Where a path takes an id or a slug, it is tried with the id. */
const BY_NAME: Record<string, string> = { connection: 'con' };
const PREFIXES = [
  ...['wsp', 'usr', 'con', 'tbl', 'col', 'row', 'run', 'tok', 'inv', 'req', 'app', 'aut', 'cus', 'syn'],
  ...['evt', 'lnk', 'hook', 'imp', 'job', 'nch', 'ntc', 'dlv'],
];

/** A path of that route; to something that is not there, unless said otherwise. */
function pathOf(route: RouteSummary, idOf: IdOf = nobodysId): string {
  const filled = placesOf(route).reduce(
    (path, { name, prefix }) => path.replace(new RegExp(`:${name}\\b`), idOf(prefix ?? 'slug')),
    route.url,
  );
  const { querystring } = route.schema;
  const query = querystring === undefined ? {} : (sampleOf(querystring) as Record<string, unknown>);
  const search = new URLSearchParams(query as Record<string, string>);
  return `${filled.replace('*', 'something')}${search.size === 0 ? '' : `?${search}`}`;
}

/** An id of that kind, or with `slug` a name in addresses. */
type IdOf = (prefix: string) => string;
const nobodysId: IdOf = (prefix) => (prefix === 'slug' ? 'something' : newId(prefix));

const call = (client: Client, route: RouteSummary) => client.request(route.method, pathOf(route));

/** With a body that is well-formed: what is refused is refused for what it names. */
function callWell(client: Client, route: RouteSummary, idOf?: IdOf): Promise<Answer> {
  const path = pathOf(route, idOf);
  const { body } = route.schema;
  const [type] = route.streams ?? [];
  if (type !== undefined && !['GET', 'HEAD'].includes(route.method))
    return client.request(route.method, path, 'Name\nsample\n', { 'content-type': type });
  const sample = BODIES[nameOf(route)] ?? wellFormed(body);
  return client.request(route.method, path, sample);
}

/** Where what is required depends on what is said. */
const BODIES: Record<string, object> = {
  'POST /v1/tables/:id/columns/:column_id/estimate': { scope: 'all' },
  'POST /v1/tables/:id/columns/:column_id/runs': { scope: 'all' },
};

function wellFormed(body: z.ZodType | undefined): unknown {
  return body === undefined || body.safeParse(null).success ? undefined : sampleOf(body);
}

async function statusesOf(client: () => Promise<Client> | Client, routes: RouteSummary[]) {
  const answers: Record<string, number> = {};
  for (const route of routes) answers[nameOf(route)] = (await call(await client(), route)).status;
  return answers;
}

const all = (routes: RouteSummary[], status: number) =>
  Object.fromEntries(routes.map((route) => [nameOf(route), status]));

describe('every route', () => {
  test('is open only when it stands in the list of open ones', () => {
    const open = app.routes.filter(({ policy }) => typeof policy === 'string');
    expect(open.map((route) => `${nameOf(route)}: ${route.policy}`).sort()).toEqual(OPEN);
    expect(guarded().length).toBeGreaterThan(20);
  });

  test('stands with its least role and scope in docs/authorization.md, which is written from the code', async () => {
    await expect(authorizationTable(app.routes)).toMatchFileSnapshot('../../docs/authorization.md');
  });

  test('answers 401 to whoever does not say who they are', async () => {
    const routes = app.routes.filter(({ policy }) => policy !== 'public');
    expect(await statusesOf(() => app.anonymous, routes)).toEqual(all(routes, 401));
  });

  test('answers 403 to a role below its least, and changes nothing', async () => {
    const before = await digestOf(app.database, app.workspaceId);
    for (const role of roles) {
      const refused = guarded().filter(({ policy }) => roles.indexOf(policy.role) > roles.indexOf(role));
      expect(await statusesOf(() => members[role], refused)).toEqual(all(refused, 403));
      for (const route of refused) {
        const { status, json } = await callWell(members[role], route);
        expect([nameOf(route), status]).toEqual([nameOf(route), 403]);
        if (route.method !== 'HEAD') expect(json.detail).toContain('Ask Olive Owner (owner)');
      }
    }
    expect(await digestOf(app.database, app.workspaceId)).toEqual(before);
  });

  test('lets its least role pass', async () => {
    for (const route of guarded()) {
      const { status } = await call(members[route.policy.role], route);
      expect([nameOf(route), status === 401 || status === 403]).toEqual([nameOf(route), false]);
    }
  });

  test('asks for a scope that its least role has, whatever the workspace shows', () => {
    for (const { url, policy } of guarded()) {
      if (policy.scope === null) expect(url).toBe('/v1/workspace');
      else {
        expect(scopesOfRole[policy.role].has(policy.scope)).toBe(true);
        const isHidden = !scopesIn(policy.role, 'admins').has(policy.scope);
        expect(isHidden).toBe(
          policy.scope === 'connections:read' && ['viewer', 'editor'].includes(policy.role),
        );
      }
    }
  });

  test('that reads connections answers 403 to editors and viewers where the workspace keeps them to admins', async () => {
    await app.owner.patch('/v1/workspace', { connections_visible_to: 'admins' });
    const hidden = guarded().filter(({ policy }) => policy.scope === 'connections:read');
    expect(hidden.length).toBeGreaterThan(5);
    for (const role of ['viewer', 'editor'] as const)
      expect(await statusesOf(() => members[role], hidden)).toEqual(all(hidden, 403));
    for (const route of hidden) expect((await call(members.admin, route)).status).not.toBe(403);
    await app.owner.patch('/v1/workspace', { connections_visible_to: 'everybody' });
  });

  test('answers 404 to somebody of another workspace, the same as for a workspace that is not', async () => {
    for (const other of [foreign.workspaceId, newId<string>('wsp')]) {
      const elsewhere = app.as({ ...app.owner.headers, 'keyrail-workspace': other });
      expect(await statusesOf(() => elsewhere, guarded())).toEqual(all(guarded(), 404));
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
    const token = await app.token();
    const elsewhere = app.as({ ...token.headers, 'keyrail-workspace': foreign.workspaceId });
    expect(await statusesOf(() => elsewhere, guarded())).toEqual(all(guarded(), 404));
  });

  test('for people signed in answers 401 to a token', async () => {
    const forPeople = app.routes.filter(({ policy }) => policy === 'session');
    const token = await app.token();
    expect(await statusesOf(() => token, forPeople)).toEqual(all(forPeople, 401));
  });

  test('answers 400 to a session that does not say which workspace, and never takes one by guess', async () => {
    const { cookie = '' } = app.owner.headers;
    expect(await statusesOf(() => app.as({ cookie }), guarded())).toEqual(all(guarded(), 400));
  });

  test('that is open takes nonsense without failing, and opens no session for it', async () => {
    for (const route of app.routes.filter(({ policy }) => policy === 'public')) {
      const answer = await callWell(app.anonymous, route);
      expect([nameOf(route), answer.status >= 500, answer.headers.has('set-cookie')]).toEqual([
        nameOf(route),
        false,
        false,
      ]);
    }
  });
});

describe('every route that takes JSON', () => {
  const takesJson = () =>
    app.routes.filter(
      ({ method, schema, streams }) =>
        !['GET', 'HEAD'].includes(method) &&
        streams === undefined &&
        wellFormed(schema.body) instanceof Object,
    );

  test('refuses a member nobody declared, also one that reaches for prototypes, and changes nothing', async () => {
    expect(takesJson().length).toBeGreaterThan(25);
    const before = await digestOf(app.database, app.workspaceId);
    for (const route of takesJson()) {
      const body = BODIES[nameOf(route)] ?? wellFormed(route.schema.body);
      const members = JSON.stringify(body).slice(1, -1);
      for (const more of MORE) {
        const text = `{${[members, more].filter(Boolean).join(',')}}`;
        const { status, json } = await app.owner.request(route.method, pathOf(route), text, {
          'content-type': 'application/json',
        });
        expect([nameOf(route), more, status, json.code]).toEqual([nameOf(route), more, 400, 'invalid_input']);
      }
    }
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
    expect(await digestOf(app.database, app.workspaceId)).toEqual(before);
  });
});

/** What somebody sends along who hopes that it is written down unread. */
const MORE = [
  '"workspace_id":"wsp_01h00000000000000000000000"',
  '"created_by":"usr_01h00000000000000000000000"',
  '"key_version":1',
  '"__proto__":{"isAdmin":true}',
  '"constructor":{"prototype":{"isAdmin":true}}',
];

describe('every route with an id in its path', () => {
  const withIds = () =>
    app.routes.filter(
      (route) => route.policy !== 'public' && placesOf(route).some(({ prefix }) => prefix !== null),
    );

  test('is tried with a thing of its kind in another workspace', () => {
    const kinds = new Set(withIds().flatMap((route) => placesOf(route).map(({ prefix }) => prefix)));
    kinds.delete(null);
    expect([...kinds].filter((kind) => foreignThings[kind ?? ''] === undefined)).toEqual([]);
    const isSaid = ({ schema, url }: RouteSummary) =>
      schema.params instanceof z.ZodObject ||
      [...url.matchAll(/:(\w+)/g)].every(([, name = '']) => BY_NAME[name] !== undefined);
    expect(app.routes.filter((route) => !isSaid(route)).map(nameOf)).toEqual([]);
  });

  test('answers for a thing of another workspace as for one that is not, and changes nothing there', async () => {
    const before = await digestOf(app.database, foreign.workspaceId);
    for (const route of withIds()) {
      const [theirs, nobodys] = [
        await callWell(app.owner, route, theirsOf),
        await callWell(app.owner, route),
      ];
      expect([nameOf(route), theirs.status, theirs.text]).toEqual([nameOf(route), 404, theirs.text]);
      expect(withoutRequest(theirs)).toEqual(withoutRequest(nobodys));
    }
    expect(await digestOf(app.database, foreign.workspaceId)).toEqual(before);
  });
});

describe('every route with a slug in its path', () => {
  const withSlugs = () =>
    guarded().filter((route) => placesOf(route).length > 0 && placesOf(route).every(({ prefix }) => !prefix));

  test("answers for another workspace's as for one that is not", async () => {
    expect(foreignThings.slug).toMatch(/^custom-/);
    const before = await digestOf(app.database, foreign.workspaceId);
    expect(withSlugs().length).toBeGreaterThan(5);
    for (const route of withSlugs()) {
      const theirs = await callWell(app.owner, route, theirsOf);
      const nobodys = await callWell(app.owner, route, () => 'custom-no-such');
      expect([nameOf(route), theirs.status]).toEqual([nameOf(route), nobodys.status]);
      const said = JSON.stringify(withoutRequest(theirs)).replaceAll(theirsOf('slug'), 'custom-no-such');
      expect(JSON.parse(said)).toEqual(withoutRequest(nobodys));
    }
    expect(await digestOf(app.database, foreign.workspaceId)).toEqual(before);
  });
});

const theirsOf: IdOf = (prefix) => foreignThings[prefix] ?? nobodysId(prefix);
const withoutRequest = ({ json }: Answer) => ({ ...json, request_id: null });

describe('the operator', () => {
  test('has no address over HTTP: not even an owner finds master key, allow-list or backup there', async () => {
    for (const path of ['/v1/keys', '/v1/key/rotate', '/v1/operator', '/v1/backup', '/v1/settings/egress']) {
      expect((await app.owner.post(path, {})).status).toBe(404);
    }
  });
});
