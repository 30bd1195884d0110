import type pg from 'pg';
import { until } from '../until.ts';

/**
 * The tokens of these connections have run out, or do so in a while, for every process: what a process keeps in memory is
 * forgotten as after any change. What the provider gave stays good there, so that nobody is refused for another reason. Pauses
 * after failures are over, too, where they are not to be kept.
 */
export async function expire(
  database: pg.Pool,
  connectionIds: readonly string[],
  { keepPauses = false, inSeconds = -1 } = {},
): Promise<void> {
  const listener = await database.connect();
  const heard = new Set<string | undefined>();
  const hear = ({ payload }: pg.Notification) => heard.add(payload);
  try {
    listener.on('notification', hear);
    await listener.query('listen token_changed');
    const { rows } = await database.query(
      `with due as (
         update tokens set minted_at = now() - interval '1 hour', expires_at = now() + make_interval(secs => $3),
           retry_at = case when $2 then retry_at else null end
         where connection_id = any($1) and ended_because is null
         returning connection_id || ':' || credential_version as token)
       select token, pg_notify('token_changed', token) from due`,
      [connectionIds, keepPauses, inSeconds],
    );
    // All who listen are told at one moment: whoever is asked from now on knows, too.
    await until(() => rows.every(({ token }) => heard.has(token)));
    await listener.query('unlisten token_changed');
  } finally {
    listener.off('notification', hear);
    listener.release();
  }
}
