import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFull, median, report, residentMb, tell } from './report.ts';
import { startUntilReady, stop } from './until-ready.ts';

/**
 * How long until the server is ready, with everything installed and its data there, beside a bare script that loads the
 * same libraries, starts the same PostgreSQL on data of its own and runs `select 1`. Both with Node's compile cache, taking
 * turns, each warmed up once (the first start makes the data folder).
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = isFull ? 15 : 5;
const IDLE_MS = 5_000;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const bareScript = writeBareScript();
// What `npm start` launches.
const { serverProgram } = (await import(new URL('../scripts/build.mjs', import.meta.url).href)) as {
  serverProgram(): Promise<string[]>;
};
const program = await serverProgram();
const environment = {
  PATH: process.env.PATH ?? '',
  HOME: folder,
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
};

try {
  const serverMs: number[] = [];
  const bareMs: number[] = [];
  const memoryMb: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const bare = await startBare();
    const server = await startServer(round === ROUNDS);
    if (server.idleMb !== null) memoryMb.push(server.idleMb);
    if (round === 0) continue;
    bareMs.push(bare);
    serverMs.push(server.ms);
    tell(`${round}/${ROUNDS}: server ${Math.round(server.ms)} ms, bare script ${Math.round(bare)} ms`);
  }
  const [value, peer, idleMb] = [median(serverMs), median(bareMs), median(memoryMb)];
  report({
    bench: 'start',
    value,
    unit: 'ms',
    against: { name: 'same libraries, same PostgreSQL, select 1', value: peer },
    ratio: value / peer,
    goal: 'ratio <= 1.5',
    met: value / peer <= 1.5,
    checks: [
      {
        name: 'idle memory of the server process',
        value: idleMb,
        unit: 'MB',
        goal: '< 200 MB',
        met: idleMb < 200,
      },
    ],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function startServer(stayIdle: boolean): Promise<{ ms: number; idleMb: number | null }> {
  const { child, ms } = await startUntilReady(program, {
    ...environment,
    KEYRAIL_DATA_DIR: join(folder, 'server'),
  });
  let idleMb: number | null = null;
  if (stayIdle) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    idleMb = await residentMb(child.pid ?? 0);
  }
  await stop(child);
  return { ms, idleMb };
}

async function startBare(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [bareScript, join(folder, 'bare')], {
    env: environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const ms = performance.now() - startedAt;
  child.stdin.end();
  await once(child, 'exit');
  return ms;
}

/** Loads every package the server uses, found in its own sources; also those it puts off until they are needed. */
function writeBareScript(): string {
  const sources = readdirSync(join(root, 'server/src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/(\.|under-)test\.ts$/.test(file))
    .map((file) => readFileSync(join(root, 'server/src', file), 'utf8'));
  const found = sources.flatMap((text) =>
    [
      ...text.matchAll(
        /^(?:import|export) (?!type )[^;]*?from '([^.'][^']*)';|(?<!typeof )import\('([^.'][^']*)'\)/gm,
      ),
    ].map((match) => match[1] ?? match[2] ?? ''),
  );
  const packages = [...new Set(found)]
    .filter((name) => !name.startsWith('@keyrail/') && !name.startsWith('node:'))
    .sort();
  tell(`the bare script loads ${packages.join(', ')}`);
  const file = join(root, 'server', '.start-bare.ts');
  writeFileSync(
    file,
    `${packages.map((name) => `import '${name}';`).join('\n')}
import pg from 'pg';
import { startEmbeddedPostgres } from './src/db/embedded/start.ts';
const silent = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: silent });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
await client.query('select 1');
console.log('ready');
process.stdin.resume().on('end', async () => {
  await client.end();
  await postgres.stop();
});
`,
  );
  process.on('exit', () => rmSync(file, { force: true }));
  return file;
}
