import type pg from 'pg';

/**
 * The tokens of these connections have run out, for every process: what a process keeps in memory is forgotten as after any
 * change. What the provider gave stays good there, so that nobody is refused for another reason.
 */
export async function expire(database: pg.Pool, connectionIds: readonly string[]): Promise<void> {
  await database.query(
    `with due as (
       update tokens set minted_at = now() - interval '1 hour', expires_at = now() - interval '1 second', retry_at = null
       where connection_id = any($1) and ended_because is null
       returning connection_id, credential_version)
     select pg_notify('token_changed', connection_id || ':' || credential_version) from due`,
    [connectionIds],
  );
}
