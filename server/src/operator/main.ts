import { parseArgs } from 'node:util';
import { settings } from '../config/settings.ts';
import { type Config, readConfig } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/printable.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { backup, backupVerify, restore } from './backup.ts';
import { catalogCheck } from './catalog-check.ts';
import type { FileCommand, FilesCommand, OperatorCommand, Printed } from './command.ts';
import { borrowDatabase } from './database.ts';
import { doctor } from './doctor.ts';
import { instanceCopy, instanceKeep, instanceStatus } from './instance.ts';
import { keyStatus } from './key.ts';
import { keyRecover } from './key-recover.ts';
import { keyRotateData, keyRotateMaster } from './key-rotate.ts';
import { oauthAppList, oauthAppRemove, oauthAppSet } from './oauth-app.ts';
import { oauthAppDestroyPrevious, oauthAppRollback } from './oauth-app-previous.ts';
import { setupLink } from './setup-link.ts';
import { tokenCreate } from './token-create.ts';

/** What the operator does on the machine itself: it needs the database, and no account. Works while the server runs. */
const commands: OperatorCommand[] = [
  tokenCreate,
  setupLink,
  oauthAppSet,
  oauthAppList,
  oauthAppRemove,
  oauthAppRollback,
  oauthAppDestroyPrevious,
  instanceStatus,
  instanceKeep,
  instanceCopy,
  keyStatus,
  keyRotateMaster,
  keyRotateData,
  keyRecover,
  doctor,
];

/** The longer words first: `backup verify` is no backup to a file called "verify". */
const fileCommands: FileCommand[] = [backupVerify, backup, restore];
const filesCommands: FilesCommand[] = [catalogCheck];

const HELP = `The operator's commands of Keyrail. They work on the database itself, whether the server runs or not.

  npm run keyrail -- COMMAND [OPTIONS]

${[...commands, ...fileCommands, ...filesCommands].map(({ usage, about }) => `  ${usage}\n      ${about}\n`).join('\n')}
KEYRAIL_DATA_DIR or DATABASE_URL say which database is meant.

Settings, of the server and of these commands, are variables of the environment:

${Object.values(settings)
  .map(({ env, unset, about }) => `  ${env} (default: ${unset})\n      ${about}\n`)
  .join('\n')}`;

const USAGES = [...commands, ...fileCommands, ...filesCommands].map(({ usage }) => `  ${usage}\n`).join('');

async function main(args: string[]): Promise<number> {
  const isMeant = ({ words }: { words: readonly string[] }) => words.every((word, i) => args[i] === word);
  const command = commands.find(isMeant) ?? fileCommands.find(isMeant) ?? filesCommands.find(isMeant);
  if (!command) {
    const isHelp = args.length === 0 || args.includes('--help') || args.includes('-h') || args[0] === 'help';
    // The whole help would push what was wrong off the screen.
    process[isHelp ? 'stdout' : 'stderr'].write(
      isHelp
        ? HELP
        : `There is no command "${args.join(' ')}". There are:\n\n${USAGES}\n"--help" says more.\n`,
    );
    return isHelp ? 0 : 2;
  }
  const rest = args.slice(command.words.length);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(`${command.usage}\n\n${command.about}\n`);
    return 0;
  }
  if (isAboutFiles(command)) return print(await command.run({ config: readConfig() }, rest));
  if (!('options' in command)) {
    const file = fileOf(command, rest);
    const deps = {
      config: readConfig(),
      clock: systemClock,
      announce: (words: string) => console.error(words),
    };
    return print(await command.run(deps, file));
  }
  const values = parseOptions(command, rest);
  const config = readConfig();
  return withDatabase(config, async (db) =>
    print(await command.run({ db, config, clock: systemClock }, values)),
  );
}

function isAboutFiles(command: OperatorCommand | FileCommand | FilesCommand): command is FilesCommand {
  return filesCommands.some((one) => one === command);
}

function print(said: string | Printed): number {
  const { text, code } = typeof said === 'string' ? { text: said, code: 0 } : said;
  // Names in it are somebody else's words: people's, of files, of tools.
  process.stdout.write(`${text.replace(/[^\n\t]+/g, printable)}\n`);
  return code;
}

function fileOf({ usage }: FileCommand, args: string[]): string {
  const [file, ...others] = args;
  if (file !== undefined && others.length === 0 && !file.startsWith('-')) return file;
  throw new StartRefused(`One file is to be named, and nothing else.\nIt is used like this: ${usage}`);
}

function parseOptions(command: OperatorCommand, args: string[]): Record<string, string | undefined> {
  try {
    const { values } = parseArgs({ args, options: command.options, strict: true, allowPositionals: false });
    const texts = Object.entries(values).map(([name, value]) => [name, value === true ? 'yes' : value]);
    return Object.fromEntries(texts) as Record<string, string | undefined>;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new StartRefused(`${said}\nIt is used like this: ${command.usage}`);
  }
}

async function withDatabase(
  config: Config,
  work: (db: ReturnType<typeof openDatabase>) => Promise<number>,
): Promise<number> {
  const borrowed = await borrowDatabase(config);
  try {
    await migrate({ url: borrowed.url, besideServers: 'refuse' });
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

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isForPeople =
      error instanceof StartRefused || (error instanceof Error && error.name === 'MasterKeyError');
    const text =
      error instanceof Error ? (isForPeople ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  },
);
