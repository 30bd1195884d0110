// Cuts the way to the database after each message of a migration, one after the other, as a killed process does:
//
//   node server/test/chaos/cut-migration.ts        every message (a few minutes)
import { connect, createServer } from 'node:net';
import { pathToFileURL } from 'node:url';
import { withClient } from '../../src/backup/under-test.ts';
import { migrate } from '../../src/db/migrate.ts';
import { listenOn } from '../door.ts';

/** Migrates an empty database until so many messages were sent; then everything is cut. Returns how many were. */
export async function cutAfter(url: string, messages: number): Promise<number> {
  let sent = 0;
  const server = createServer((client) => {
    const upstream = connect(`${new URL(url).searchParams.get('host')}/.s.PGSQL.5432`);
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    upstream.on('data', (part) => client.write(part));
    client.on('data', (part) => {
      if (sent >= messages) return void client.destroy();
      sent += 1;
      upstream.write(part);
      // What the last one sets off is cut off in the middle of it.
      if (sent >= messages) setImmediate(() => client.destroy());
    });
  });
  const door = await listenOn(server);
  const through = new URL(url);
  through.searchParams.delete('host');
  through.host = `127.0.0.1:${door.port}`;
  await migrate({ url: through.href }).catch(() => {});
  await door.close();
  return sent;
}

/** What was applied: always the first so many of all. */
export async function appliedIn(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const { rows: there } = await client.query("select to_regclass('keyrail_migrations') is not null as yes");
    if (!there[0]?.yes) return [];
    const { rows } = await client.query(
      "select name from keyrail_migrations where name ~ '^[0-9]' order by name",
    );
    return rows.map(({ name }) => name as string);
  });
}

async function every(): Promise<void> {
  const { startThrowAway } = await import('../../src/operator/throw-away-database.ts');
  const { schemaOf } = await import('../../src/backup/under-test.ts');
  const postgres = await startThrowAway();
  const database = (name: string) => {
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const execute = (statement: string) => withClient(postgres.url, (client) => client.query(statement));
  try {
    await execute('create database whole');
    const total = await cutAfter(database('whole'), Number.POSITIVE_INFINITY);
    const whole = await schemaOf(database('whole'));
    console.log(`${total} messages`);
    for (let messages = 1; messages < total; messages += 1) {
      await execute('create database cut');
      await cutAfter(database('cut'), messages);
      await migrate({ url: database('cut') });
      const schema = await schemaOf(database('cut'));
      if (JSON.stringify(schema) !== JSON.stringify(whole))
        throw new Error(`another schema after ${messages} messages`);
      await execute('drop database cut with (force)');
      if (messages % 20 === 0) console.log(`${messages} of ${total}: the next start made it whole each time`);
    }
    console.log(`cut after each of ${total} messages: made whole by the next start each time`);
  } finally {
    await postgres.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await every();
