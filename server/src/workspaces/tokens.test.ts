import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';
import { movableClock } from '../../test/clock.ts';
import { emptyConnection } from '../../test/furnished.ts';
import { createLog } from '../lib/log.ts';
import { hashOf, isWellFormedToken, newApiToken } from './secret-text.ts';
import { createTokenLookup, type TokenLookup } from './token-store.ts';
import { createTokenUses } from './token-uses.ts';
import { whoByToken } from './tokens.ts';

const clock = movableClock();
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ clock });
});
afterAll(() => app.close());

const client = { ip: '127.0.0.1', userAgent: '' };
const asBearer = (token: string) => app.as({ authorization: `Bearer ${token}` });
const without = ({ request_id: _, ...rest }: Record<string, unknown>) => rest;

describe('an API token', () => {
  test('is shown once: later answers and the database hold a hint and a hash', async () => {
    const made = await app.owner.post('/v1/tokens', { name: 'CI', scopes: ['tables:read'] });
    expect(made.status).toBe(201);
    const { token, id } = made.json;
    expect(token).toMatch(/^kr_[0-9a-z]{39}$/);
    expect(made.json.hint).toBe(`kr_…${token.slice(-4)}`);
    const list = await app.owner.get('/v1/tokens');
    expect(list.json.data.find((one: { id: string }) => one.id === id)).toMatchObject({
      name: 'CI',
      scopes: ['tables:read'],
      created_by: 'Olive Owner',
      expires_at: null,
      last_used_at: null,
    });
    expect(list.text).not.toContain(token);
    const { rows } = await app.database.db.systemPool.query(
      'select t::text as row, token_hash from api_tokens t',
    );
    expect(rows.some(({ row }) => row.includes(token.slice(3, 35)))).toBe(false);
    expect(rows.some(({ token_hash }) => hashOf(token).equals(token_hash))).toBe(true);
  });

  test('is refused without a query when its checksum is wrong', async () => {
    let queries = 0;
    const tokens: Pick<TokenLookup, 'find'> = {
      find: async () => {
        queries += 1;
        return null;
      },
    };
    const deps = { tokens, clock, markUsed: () => {} };
    const token = newApiToken();
    for (let i = 3; i < token.length; i += 1) {
      const wrong = token.slice(0, i) + (token[i] === 'a' ? 'b' : 'a') + token.slice(i + 1);
      expect(await whoByToken(deps, wrong, client)).toBeNull();
    }
    expect(queries).toBe(0);
    await whoByToken(deps, token, client);
    expect(queries).toBe(1);
  });

  test('has 160 random bits', () => {
    const tokens = Array.from({ length: 1000 }, newApiToken);
    expect(new Set(tokens.map((token) => token.slice(3, 35))).size).toBe(1000);
    expect(tokens.every(isWellFormedToken)).toBe(true);
  });

  test('is refused alike when unknown, revoked, expired, not well-formed or misspelt', async () => {
    const revoked = await app.token();
    expect((await revoked.get('/v1/workspace')).status).toBe(200);
    expect((await app.owner.delete(`/v1/tokens/${revoked.id}`)).status).toBe(204);
    const short = await app.owner.post('/v1/tokens', {
      name: 'short',
      scopes: ['tables:read'],
      expires_in_days: 1,
    });
    expect((await asBearer(short.json.token).get('/v1/workspace')).status).toBe(200);
    clock.forward(86_400_000);
    const bodies = await Promise.all(
      [newApiToken(), revoked.token, short.json.token, 'kr_short', `${newApiToken()}x`].map((token) =>
        asBearer(token).get('/v1/workspace'),
      ),
    );
    for (const { status, json } of bodies)
      expect([status, without(json)]).toEqual([401, without(bodies[0]?.json)]);
  });

  test('is not taken from an address, nor from a cookie; "bearer" may be in lower case; two are too many', async () => {
    const { token } = await app.token();
    const inQuery = await app.anonymous.get(`/v1/workspace?api_key=${token}`);
    expect([inQuery.status, inQuery.json.detail]).toEqual([401, expect.stringContaining('Authorization')]);
    expect(inQuery.text).not.toContain(token);
    expect((await app.as({ cookie: `keyrail=${token}` }).get('/v1/workspace')).status).toBe(401);
    expect((await app.as({ authorization: `bearer ${token}` }).get('/v1/workspace')).status).toBe(200);
    expect((await app.as({ authorization: `Basic ${token}` }).get('/v1/workspace')).status).toBe(401);
  });

  test('makes no token that may more than itself, or lives longer', async () => {
    const narrow = await app.token(['workspace:admin', 'tables:read']);
    const make = (body: object) => narrow.post('/v1/tokens', { name: 'x', ...body });
    expect((await make({ scopes: ['tables:read'] })).status).toBe(201);
    expect((await make({ scopes: ['tables:read', 'credentials:read'] })).status).toBe(403);
    const short = await app.owner.post('/v1/tokens', {
      name: 's',
      scopes: ['workspace:admin'],
      expires_in_days: 2,
    });
    const shortLived = asBearer(short.json.token);
    const longer = await shortLived.post('/v1/tokens', { name: 'x', scopes: ['workspace:admin'] });
    expect(longer.status).toBe(403);
    const shorter = { name: 'x', scopes: ['workspace:admin'], expires_in_days: 1 };
    expect((await shortLived.post('/v1/tokens', shorter)).status).toBe(201);
    const one = await emptyConnection(app, app.workspaceId, 'One');
    const two = await emptyConnection(app, app.workspaceId, 'Two');
    const bound = await app.owner.post('/v1/tokens', {
      name: 'b',
      scopes: ['workspace:admin'],
      connection_ids: [one],
    });
    const wider = { name: 'x', scopes: ['workspace:admin'], connection_ids: [one, two] };
    expect((await asBearer(bound.json.token).post('/v1/tokens', wider)).status).toBe(403);
    const same = await asBearer(bound.json.token).post('/v1/tokens', {
      name: 'x',
      scopes: ['workspace:admin'],
    });
    expect(same.json.connection_ids).toEqual([one]);
  });

  test('loses at once what its maker loses, and everything when the maker leaves', async () => {
    const admin = await app.member('admin');
    const made = await admin.post('/v1/tokens', { name: 'a', scopes: ['workspace:admin', 'tables:read'] });
    const token = asBearer(made.json.token);
    const me = (await admin.get('/v1/session')).json.user.id;
    const sql = (text: string) => app.database.db.systemPool.query(text, [me]);
    expect((await token.get('/v1/tokens')).status).toBe(200);
    await sql("update members set role = 'viewer' where user_id = $1");
    expect((await token.get('/v1/tokens')).status).toBe(403);
    expect((await token.get('/v1/workspace')).status).toBe(200);
    expect((await admin.get('/v1/tokens')).status).toBe(403);
    await sql('delete from members where user_id = $1');
    expect((await token.get('/v1/workspace')).status).toBe(401);
    expect((await admin.get('/v1/workspace')).status).toBe(404);
  });

  test('says when it was used last, written for many uses together', async () => {
    const system = app.database.db.system;
    const lookup = createTokenLookup(system);
    const token = await app.token(['tables:read']);
    const uses = createTokenUses({ tokens: lookup, clock, onError: (error) => expect(error).toBeNull() });
    const who = await whoByToken({ tokens: lookup, clock, markUsed: uses.mark }, token.token, client);
    expect(who?.tokenId).toBe(token.id);
    await uses.stop();
    const listed = (await app.owner.get('/v1/tokens')).json.data as {
      id: string;
      last_used_at: string | null;
    }[];
    const at = new Date(listed.find(({ id }) => id === token.id)?.last_used_at ?? 0).getTime();
    expect(Math.abs(at - clock.now().getTime())).toBeLessThan(10_000);
  });

  test('of another workspace is not there to be revoked, and nothing is written about it', async () => {
    const other = await app.outsider();
    const { id } = await app.token();
    const answer = await other.client.delete(`/v1/tokens/${id}`);
    expect(answer.status).toBe(404);
    expect((await other.client.get('/v1/audit?action=token')).json.data).toEqual([]);
    expect((await other.client.get('/v1/tokens')).json.data).toEqual([]);
  });

  test('that asks too often waits, and others do not', async () => {
    // How many may come in a row depends on the seconds they take.
    const standing = movableClock();
    const slow = await startApp({ clock: standing, settings: { KEYRAIL_REQUESTS_PER_SECOND: '5' } });
    standing.stand();
    const [greedy, patient] = [await slow.token(['tables:read']), await slow.token(['tables:read'])];
    const answers = await Promise.all(Array.from({ length: 40 }, () => greedy.get('/v1/workspace')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await patient.get('/v1/workspace')).status).toBe(200);
    await slow.close();
  });
});

describe('the audit log', () => {
  test('has an entry for each token made and revoked, with who and from where, and no secret', async () => {
    const token = await app.token(['tables:read']);
    await app.owner.delete(`/v1/tokens/${token.id}`);
    const { json, text } = await app.owner.get('/v1/audit?limit=2');
    expect(json.data).toMatchObject([
      {
        action: 'token.revoked',
        actor: { kind: 'user', id: app.userId, label: 'Olive Owner' },
        subject: { kind: 'token', id: token.id, name: 'test' },
        ip: '127.0.0.1',
      },
      { action: 'token.created', detail: { scopes: ['tables:read'] } },
    ]);
    expect(text).not.toContain(token.token);
    const next = await app.owner.get(`/v1/audit?limit=2&cursor=${json.next_cursor}`);
    expect(next.json.data[0].id < json.data[1].id).toBe(true);
  });

  test('cannot be changed or shortened by the role that requests work under', async () => {
    const { transact } = app.database.db;
    const { sql } = await import('kysely');
    const { queries } = await import('../db/open.ts');
    for (const statement of [
      'update audit_entries set action = $$x.y$$',
      'delete from audit_entries',
      'truncate audit_entries',
    ]) {
      const tried = transact(app.workspaceId, (tx) => sql.raw(statement).execute(queries(tx)));
      await expect(tried).rejects.toThrow(/permission denied/);
    }
  });
});

describe('a change whose audit entry cannot be written', () => {
  test('does not happen; the client hears a request id and nothing else, the log where it failed', async () => {
    const lines: string[] = [];
    const { log } = createLog({ level: 'info', destination: { write: (line: string) => lines.push(line) } });
    const own = await startApp({ log });
    const sql = (text: string) => own.database.db.systemPool.query(text);
    await sql('revoke insert on audit_entries from keyrail_app');
    const before = (await own.owner.get('/v1/tokens')).json.data;
    const answer = await own.owner.post('/v1/tokens', { name: 'unseen-name', scopes: ['tables:read'] });
    expect(answer.json).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status: 500,
      code: 'internal',
      request_id: answer.headers.get('request-id'),
    });
    expect((await own.owner.get('/v1/tokens')).json.data).toEqual(before);
    const line =
      lines.find((one) => one.includes(answer.json.request_id) && one.includes('"level":"error"')) ?? '';
    expect(JSON.parse(line).err).toMatchObject({ code: '42501' });
    expect(lines.join('')).not.toContain('unseen-name');
    await sql('grant insert on audit_entries to keyrail_app');
    expect((await own.owner.post('/v1/tokens', { name: 'seen', scopes: ['tables:read'] })).status).toBe(201);
    await own.close();
  });
});
