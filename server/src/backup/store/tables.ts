import type pg from 'pg';
import { ownMigrations, tablesOf } from '../../db/migrate.ts';

export interface CopiedTable {
  name: string;
  /** All but those that the database works out by itself. */
  columns: string[];
}

/**
 * Not copied: who works right now, requests that are answered within a minute, and the list of migrations, which a restore
 * writes anew.
 */
const LEFT_OUT = new Set(['keyrail_job_workers', 'setup_checks', 'keyrail_migrations']);

/** Our tables that are there, by name, and the others that lie beside them. */
export async function tablesThere(
  client: pg.Client,
): Promise<{ ours: CopiedTable[]; foreign: string[]; all: string[] }> {
  const { rows } = await client.query<{ name: string; columns: string[] | null }>(`
    select c.relname as name,
      array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    group by c.relname order by c.relname`);
  const own = tablesOf(ownMigrations());
  const isOurs = (name: string) => own.has(name) || name === 'keyrail_migrations';
  return {
    ours: rows
      .filter(({ name }) => isOurs(name) && !LEFT_OUT.has(name))
      .map(({ name, columns }) => ({ name, columns: columns ?? [] })),
    foreign: rows.map(({ name }) => name).filter((name) => !isOurs(name)),
    all: rows.map(({ name }) => name).filter(isOurs),
  };
}

/** COPY of a table as it lies, without what the database works out by itself. */
export function copyOut({ name, columns }: CopiedTable): string {
  return `copy ${quoted(name)} (${columns.map(quoted).join(', ')}) to stdout`;
}

export function copyIn({ name, columns }: CopiedTable): string {
  return `copy ${quoted(name)} (${columns.map(quoted).join(', ')}) from stdin`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * The queue in words that outlive its own tables: what a job is, for whom, and when. A job that a process has under way is
 * due again in the copy, since nobody there has it; one that has failed for good stays behind. In a transaction, the copy is
 * of one moment with the rest.
 */
export const JOBS = 'graphile_worker.jobs';
export const JOB_COLUMNS = [
  'task',
  'payload',
  'queue',
  'run_at',
  'max_attempts',
  'key',
  'priority',
  'flags',
] as const;
export const JOBS_OUT = `copy (
  select t.identifier, j.payload, q.queue_name, j.run_at, j.max_attempts, j.key, j.priority,
    array(select jsonb_object_keys(j.flags))
  from graphile_worker._private_jobs j
  join graphile_worker._private_tasks t on t.id = j.task_id
  left join graphile_worker._private_job_queues q on q.id = j.job_queue_id
  where j.attempts < j.max_attempts or j.locked_at is not null
  order by j.priority, j.run_at, j.id
) to stdout`;
