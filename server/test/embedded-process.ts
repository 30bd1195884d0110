// A process with an embedded PostgreSQL for tests that kill it: prints the address and the postmaster's number, and stays.
import { startEmbeddedPostgres } from '../src/db/embedded/start.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const [dataDir = ''] = process.argv.slice(2);

try {
  const postgres = await startEmbeddedPostgres({ dataDir, log: silent });
  console.log(JSON.stringify({ url: postgres.url, pid: postgres.pid() }));
  setInterval(() => {}, 60_000);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
