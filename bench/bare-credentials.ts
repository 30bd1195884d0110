import Fastify from 'fastify';
import pg from 'pg';

/**
 * The bare limit of `credentials-oauth`, in a process of its own: a route without anything in front of it that answers the same
 * JSON after one select by primary key. `DATABASE_URL` and how many connections it may open; prints its port.
 */
const pool = new pg.Pool({ connectionString: process.argv[2] ?? '', max: Number(process.argv[3]) });
const app = Fastify({ logger: false });
app.get<{ Params: { id: string } }>('/v1/connections/:id/credentials', async (request) => {
  const found = await pool.query('select * from bare_credentials where connection_id = $1', [
    request.params.id,
  ]);
  const row = found.rows[0];
  return {
    connection_id: row.connection_id,
    integration: row.integration,
    method: row.method,
    credentials: { access_token: row.access_token },
    expires_at: row.expires_at.toISOString(),
  };
});
const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
console.log(url.port);
process.on('disconnect', () => process.exit(0));
