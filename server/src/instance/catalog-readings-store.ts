import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';

/** What one running process has read of the catalog, and which start it was. */
export interface CatalogReading {
  /** `Catalog.digest`. */
  files: number;
  start: number;
}

export interface CatalogReadings {
  /** Of all processes on this database that run now. */
  now(): Promise<CatalogReading[]>;
  /** Whether this process has what the one that started last has read. */
  readLast(): Promise<boolean>;
}

/** Classes of the advisory locks by which a process says it: they go when the process does. */
const FILES = 731_324;
const STARTED = 731_325;

interface Deps {
  system: Queries;
  listener: {
    listen(channel: string, onMessage: (payload: string) => void, onGap?: () => void): Promise<unknown>;
    run(statement: string): Promise<void>;
  };
  log: { warn(fields: object, message: string): void };
}

/** Says what this process has read, for as long as it runs. During an update processes with different files run side by side. */
export async function sayCatalogRead(
  { system, listener, log }: Deps,
  files: number,
): Promise<CatalogReadings> {
  const start = await nextStart(system);
  const say = () =>
    listener.run(
      `select pg_advisory_lock_shared(${FILES}, ${files}), pg_advisory_lock_shared(${STARTED}, ${start})`,
    );
  await say();
  // The locks went with the lost connection.
  await listener.listen(
    'catalog_read',
    () => {},
    () => {
      say().catch((error: unknown) =>
        log.warn({ err: error }, 'could not say which catalog files were read'),
      );
    },
  );
  return {
    now: () => catalogReadings(system),
    readLast: async () => {
      const [last] = await catalogReadings(system);
      return last === undefined || last.files === files || last.start === start;
    },
  };
}

/** The one that started last comes first. */
export async function catalogReadings(system: Queries): Promise<CatalogReading[]> {
  const { rows } = await sql<CatalogReading>`
    select read.objid::int as files, started.objid::int as start
    from pg_locks read join pg_locks started using (locktype, database, pid)
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
      and read.classid = ${FILES} and started.classid = ${STARTED} and read.granted and started.granted
    order by started.objid desc, read.objid`.execute(system);
  return rows;
}

/** The later of two starts has the higher number. */
async function nextStart(system: Queries): Promise<number> {
  const { rows } = await sql<{ start: number }>`select nextval('process_starts')::int as start`.execute(
    system,
  );
  return rows[0]?.start ?? 0;
}
