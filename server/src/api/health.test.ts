import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const ready = () => app.anonymous.get('/health/ready');
const sql = (text: string) => app.database.db.systemPool.query(text);

test('the server is ready when database, migrations and vault are, and names the part that is not', async () => {
  expect((await ready()).json).toEqual({
    status: 'ready',
    is_quarantined: false,
    checks: { database: true, migrations: true, vault: true },
  });

  await sql(
    "update keyrail_migrations set name = 'x' || name where name = (select max(name) from keyrail_migrations where name < 'a')",
  );
  expect([(await ready()).status, (await ready()).json.checks.migrations]).toEqual([503, false]);
  await sql("update keyrail_migrations set name = substr(name, 2) where name like 'x%'");
  // A newer release only adds.
  await sql("insert into keyrail_migrations (name, checksum, release) values ('9999_later', 'x', '9.9.9')");
  expect((await ready()).status).toBe(200);
  await sql("delete from keyrail_migrations where name = '9999_later'");

  await sql("update vault_canary set sealed = 'v1.mk_other.AAAA'");
  expect((await ready()).json.checks).toEqual({ database: true, migrations: true, vault: false });
});

test('health and metrics hold no name, id or address of anybody', async () => {
  await app.owner.get('/v1/workspace');
  await app.owner.delete('/v1/tokens/tok_01m7xqekr6f2x9g9anwaxrmkrb');
  const metrics = await app.anonymous.get('/metrics');
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(metrics.text).toContain('route="/v1/tokens/:id",status="404"');
  for (const text of [metrics.text, (await ready()).text]) {
    expect(text).not.toMatch(/(usr|wsp|tok|con)_[0-9a-z]{26}|Acme|olive|127\.0\.0\.1|postgres:/i);
  }
});
