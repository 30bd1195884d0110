import type pg from 'pg';

/**
 * The tokens of these connections have run out, or do so in a while, for every process: what a process keeps in memory is forgotten as after any
 * change. What the provider gave stays good there, so that nobody is refused for another reason. Pauses after failures are
 * over, too, where they are not to be kept.
 */
export async function expire(
  database: pg.Pool,
  connectionIds: readonly string[],
  { keepPauses = false, inSeconds = -1 } = {},
): Promise<void> {
  await database.query(
    `with due as (
       update tokens set minted_at = now() - interval '1 hour', expires_at = now() + make_interval(secs => $3),
         retry_at = case when $2 then retry_at else null end
       where connection_id = any($1) and ended_because is null
       returning connection_id, credential_version)
     select pg_notify('token_changed', connection_id || ':' || credential_version) from due`,
    [connectionIds, keepPauses, inSeconds],
  );
}
