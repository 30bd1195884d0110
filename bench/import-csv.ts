import { chmodSync, createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { ServerProcess } from '../sandbox/server-process.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { newId } from '../server/src/lib/id.ts';
import { isFull, median, report, residentMb, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';

/**
 * How many rows of 10 columns a second go from a file, over HTTP, into a table, until the last of them can be read; beside
 * it COPY of ready-made rows from a file into a table of the same shape (columns, indexes, fill factor), in turns. Both
 * begin with empty tables and a checkpoint; fsync is on.
 */
const ROWS = 100_000;
const MANY = isFull ? 1_000_000 : 300_000;
const ROUNDS = isFull ? 5 : 3;
const ROUNDS_OF_MANY = isFull ? 3 : 2;
const COLUMNS = [
  'First',
  'Last',
  'Email',
  'Company',
  'Domain',
  'City',
  'Title',
  'Phone',
  'Employees',
  'Since',
];

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const database = new pg.Client({ connectionString: postgres.url });
let server: ServerProcess | null = null;

try {
  server = await startMeasured(folder, postgres.url);
  await database.connect();
  const headers = await signUp(server);
  const few = await writeFiles('few', ROWS);
  const many = await writeFiles('many', MANY);
  // Warms both up and is not counted: code, caches, and the memory a server settles at.
  await importCsv(server, headers, few);
  await copyReadyMade(few);

  const [rates, peers]: [number[], number[]] = [[], []];
  let growth = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    peers.push(await copyReadyMade(few));
    const imported = await importCsv(server, headers, few);
    rates.push(imported.rate);
    growth = Math.max(growth, imported.growthMb);
    tell(
      `${round}/${ROUNDS}: import ${Math.round(rates.at(-1) ?? 0)} rows/s, COPY ${Math.round(peers.at(-1) ?? 0)} rows/s`,
    );
  }
  const ratiosOfMany: number[] = [];
  for (let round = 1; round <= ROUNDS_OF_MANY; round++) {
    const peerOfMany = await copyReadyMade(many);
    const imported = await importCsv(server, headers, many);
    ratiosOfMany.push(imported.rate / peerOfMany);
    growth = Math.max(growth, imported.growthMb);
    tell(`${MANY} rows: import ${Math.round(imported.rate)} rows/s, COPY ${Math.round(peerOfMany)} rows/s`);
  }

  const [value, peer] = [median(rates), median(peers)];
  // What indexes cost PostgreSQL in a larger table, they cost COPY too: that is taken out.
  const evenness = median(ratiosOfMany) / (value / peer);
  report({
    bench: 'import-csv',
    value,
    unit: 'rows/s',
    against: { name: `COPY of ${ROWS} ready-made rows into a table of the same shape`, value: peer },
    ratio: value / peer,
    goal: 'ratio >= 0.6',
    met: value / peer >= 0.6,
    checks: [
      {
        name: 'growth of the memory of the server process, the largest file included',
        value: growth,
        unit: 'MB',
        goal: '< 100 MB',
        met: growth < 100,
      },
      {
        name: `ratio to COPY with ${MANY} rows, divided by that with ${ROWS}`,
        value: evenness,
        unit: '',
        goal: '>= 0.8: linear',
        met: evenness >= 0.8,
      },
    ],
  });
} finally {
  await server?.stop();
  await database.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface Files {
  rows: number;
  csv: string;
  readyMade: string;
}

/** The same rows as a CSV, and as COPY takes them into `table_rows`. */
async function writeFiles(name: string, rows: number): Promise<Files> {
  const [csv, readyMade] = [join(folder, `${name}.csv`), join(folder, `${name}.copy`)];
  const [workspaceId, tableId] = [newId<string>('wsp'), newId<string>('tbl')];
  await pipeline(
    Readable.from(lines(rows, `${COLUMNS.join(',')}\n`, (values) => `${values.join(',')}\n`)),
    createWriteStream(csv),
  );
  const asCopy = (values: string[], index: number) => {
    const members = values.map((value, at) => `"${at + 1}":${at === 8 ? value : JSON.stringify(value)}`);
    return `${index}\t${workspaceId}\t${tableId}\t${newId<string>('row')}\t{${members.join(',')}}\n`;
  };
  await pipeline(Readable.from(lines(rows, '', asCopy)), createWriteStream(readyMade));
  tell(`${rows} rows: ${Math.round(statSync(csv).size / 1024 ** 2)} MB of CSV`);
  return { rows, csv, readyMade };
}

function* lines(
  rows: number,
  head: string,
  write: (values: string[], index: number) => string,
): Generator<string> {
  let text = head;
  for (let index = 0; index < rows; index++) {
    const [first, last] = [`First${index % 997}`, `Last${index % 8009}`];
    const company = `Company ${index % 30011}`;
    const domain = `company-${index % 30011}.example`;
    const day = `20${String(10 + (index % 15))}-0${1 + (index % 9)}-1${index % 10}`;
    const email = `${first}.${last}@${domain}`.toLowerCase();
    const phone = `+49 170 ${String(index).padStart(7, '0')}`;
    text += write(
      [
        first,
        last,
        email,
        company,
        domain,
        `City ${index % 499}`,
        `Title ${index % 83}`,
        phone,
        String(index % 5003),
        day,
      ],
      index,
    );
    if (text.length > 65_536) {
      yield text;
      text = '';
    }
  }
  yield text;
}

/** Rows per second, from the first byte read until the last row is answered; and how far the server's memory rose. */
async function importCsv(
  { url, pid }: ServerProcess,
  headers: Record<string, string>,
  files: Files,
): Promise<{ rate: number; growthMb: number }> {
  await database.query('delete from tables');
  await database.query('truncate table_rows');
  await database.query('checkpoint');
  const made = await fetch(`${url}/v1/tables`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Leads' }),
  });
  const { id } = (await made.json()) as { id: string };
  const before = await residentMb(pid);
  let peak = before;
  const watching = setInterval(async () => {
    peak = Math.max(peak, await residentMb(pid));
  }, 50);
  const startedAt = performance.now();
  const answer = await fetch(`${url}/v1/tables/${id}/import`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/csv' },
    body: Readable.toWeb(createReadStream(files.csv)) as ReadableStream,
    duplex: 'half',
  });
  const result = (await answer.json()) as { rows_added?: number };
  const last = await fetch(`${url}/v1/tables/${id}/rows?offset=${files.rows - 1}&limit=1`, { headers });
  const { data } = (await last.json()) as { data: unknown[] };
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(watching);
  if (result.rows_added !== files.rows || data.length !== 1)
    throw new Error(`the import answered ${JSON.stringify(result).slice(0, 500)}`);
  return { rate: files.rows / seconds, growthMb: peak - before };
}

async function copyReadyMade(files: Files): Promise<number> {
  await database.query('drop table if exists ready_made');
  await database.query('create table ready_made (like table_rows including all) with (fillfactor = 85)');
  await database.query('checkpoint');
  const startedAt = performance.now();
  const copy = copyFrom('copy ready_made (position, workspace_id, table_id, id, values) from stdin');
  await pipeline(createReadStream(files.readyMade), database.query(copy));
  const { rows } = await database.query('select id from ready_made where position = $1', [files.rows - 1]);
  if (rows.length !== 1) throw new Error('COPY did not write all rows');
  return files.rows / ((performance.now() - startedAt) / 1000);
}
