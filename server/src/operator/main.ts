import { parseArgs } from 'node:util';
import { settings } from '../config/settings.ts';
import { type Config, readConfig } from '../config.ts';
import { borrowEmbeddedPostgres } from '../db/embedded/borrow.ts';
import { migrate } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { reachDatabase } from '../db/reach.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { StartRefused } from '../lib/start-refused.ts';
import type { OperatorCommand } from './command.ts';
import { doctor } from './doctor.ts';
import { instanceCopy, instanceKeep, instanceStatus } from './instance.ts';
import { oauthAppList, oauthAppRemove, oauthAppSet } from './oauth-app.ts';
import { setupLink } from './setup-link.ts';
import { tokenCreate } from './token-create.ts';

/** What the operator does on the machine itself: it needs the database, and no account. Works while the server runs. */
const commands: OperatorCommand[] = [
  tokenCreate,
  setupLink,
  oauthAppSet,
  oauthAppList,
  oauthAppRemove,
  instanceStatus,
  instanceKeep,
  instanceCopy,
  doctor,
];

const LONGEST_WAIT_MS = 30_000;

const HELP = `The operator's commands of Keyrail. They work on the database itself, whether the server runs or not.

  npm run keyrail -- COMMAND [OPTIONS]

${commands.map(({ usage, about }) => `  ${usage}\n      ${about}\n`).join('\n')}
KEYRAIL_DATA_DIR or DATABASE_URL say which database is meant.

Settings, of the server and of these commands, are variables of the environment:

${Object.values(settings)
  .map(({ env, unset, about }) => `  ${env} (default: ${unset})\n      ${about}\n`)
  .join('\n')}`;

async function main(args: string[]): Promise<number> {
  const command = commands.find(({ words }) => words.every((word, i) => args[i] === word));
  if (!command) {
    const isHelp = args.length === 0 || args.includes('--help') || args.includes('-h') || args[0] === 'help';
    process[isHelp ? 'stdout' : 'stderr'].write(
      isHelp ? HELP : `There is no command "${args.join(' ')}".\n\n${HELP}`,
    );
    return isHelp ? 0 : 2;
  }
  const rest = args.slice(command.words.length);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.usage}\n\n${command.about}\n`);
    return 0;
  }
  const values = parseOptions(command, rest);
  const config = readConfig();
  return withDatabase(config, async (db) => {
    const said = await command.run({ db, config, clock: systemClock }, values);
    const { text, code } = typeof said === 'string' ? { text: said, code: 0 } : said;
    process.stdout.write(`${text}\n`);
    return code;
  });
}

function parseOptions(command: OperatorCommand, args: string[]): Record<string, string | undefined> {
  try {
    const { values } = parseArgs({ args, options: command.options, strict: true, allowPositionals: false });
    return values as Record<string, string | undefined>;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new StartRefused(`${said}\nIt is used like this: ${command.usage}`);
  }
}

async function withDatabase(
  config: Config,
  work: (db: ReturnType<typeof openDatabase>) => Promise<number>,
): Promise<number> {
  const borrowed =
    config.databaseUrl === null
      ? await borrowEmbeddedPostgres({ dataDir: config.dataDir, log: silentLog })
      : { url: config.databaseUrl.reveal(), release: async () => {} };
  const log = { ...silentLog, warn: (_fields: object, message: string) => console.error(message) };
  try {
    await reachInTime({ log, clock: systemClock }, borrowed.url);
    await migrate({ url: borrowed.url });
    const db = openDatabase({
      url: borrowed.url,
      appPoolSize: 2,
      systemPoolSize: 2,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 30_000,
      onIdleError: () => {},
    });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  } finally {
    await borrowed.release();
  }
}

/** Where a server would wait for as long as it takes, a person at a terminal is told. */
async function reachInTime(deps: Parameters<typeof reachDatabase>[0], url: string): Promise<void> {
  const late = AbortSignal.timeout(LONGEST_WAIT_MS);
  try {
    await reachDatabase(deps, url, late);
  } catch (error) {
    if (!late.aborted) throw error;
    throw new StartRefused(
      `The database did not answer within ${LONGEST_WAIT_MS / 1000} seconds. Start it, or see whether DATABASE_URL or KEYRAIL_DATA_DIR is the one that is meant.`,
      { cause: error },
    );
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isForPeople = error instanceof StartRefused;
    const text =
      error instanceof Error ? (isForPeople ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  },
);
