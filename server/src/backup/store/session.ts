import pg from 'pg';

/**
 * How a connection that copies whole tables writes values: the same text on every server, and read in the order they lie in,
 * so that what is copied out of a restored table can be compared byte for byte. No time limits: a large table takes its time.
 */
const SESSION = `
  set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = 0;
  set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set extra_float_digits = 3;
  set bytea_output = 'hex'; set xmlbinary = 'base64'; set client_encoding = 'UTF8';
  set synchronize_seqscans = off; set row_security = off; set jit = off`;

/** A connection of its own for the whole of a backup or restore. Call `end` on it. */
export async function openSession(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: name, keepAlive: true });
  // Lost between two statements: the next one says so; unheard, it would end the process.
  client.on('error', () => {});
  await client.connect();
  await client.query(SESSION);
  return client;
}
