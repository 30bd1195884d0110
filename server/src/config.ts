import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isLoopbackHost } from './lib/loopback.ts';
import { Secret } from './lib/secret.ts';
import { StartRefused } from './lib/start-refused.ts';
import { parseAllowedHost } from './outbound/guard-policy.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One setting: its variable, one sentence for the documentation, and what its text must be. */
interface Setting<Value> {
  env: string;
  about: string;
  /** What holds when it is not set, as the documentation says it. */
  unset: string;
  value: z.ZodType<Value, string | undefined>;
}

function setting<Value>(
  env: string,
  unset: string,
  about: string,
  value: z.ZodType<Value, string | undefined>,
): Setting<Value> {
  return { env, unset, about, value };
}

/** A whole number within limits; `unit` ends the sentence of a mistake. */
const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined ? fallback : Number(text)))
    .refine((n) => Number.isInteger(n) && n >= least && n <= most, {
      error: `must be a whole number from ${least} to ${most}`,
    });

const text = z.string().optional();

const list = text.transform((value) =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const folder = (fallback: string) => text.transform((value) => resolve(value ?? fallback));

/**
 * Every setting. Limits and waits carry their unit in the name. What `npm run keyrail -- --help` says of the settings is
 * made from this table.
 */
export const settings = {
  role: setting(
    'KEYRAIL_ROLE',
    'all',
    'What this process does: `api` answers requests, `worker` runs jobs, `all` does both.',
    z.enum(['all', 'api', 'worker'], { error: 'must be all, api or worker' }).default('all'),
  ),
  host: setting(
    'KEYRAIL_HOST',
    '127.0.0.1',
    'The address to listen on; anything beyond loopback needs `KEYRAIL_PUBLIC_URL` with https.',
    text.transform((value) => value ?? '127.0.0.1'),
  ),
  port: setting('KEYRAIL_PORT', '4400', 'The port to listen on; 0 takes a free one.', whole(4400, 0, 65_535)),
  publicUrl: setting(
    'KEYRAIL_PUBLIC_URL',
    'http://127.0.0.1 and the port',
    'The address people open in the browser, such as https://keyrail.example.com; links, cookies and sign-in redirects depend on it.',
    text.transform((value, context) => (value === undefined ? null : publicOrigin(value, context))),
  ),
  trustedProxies: setting(
    'KEYRAIL_TRUSTED_PROXIES',
    'none',
    'Addresses or ranges of reverse proxies, separated by commas; `X-Forwarded-For` is believed from these alone.',
    list.refine((entries) => entries.every(isAddressOrRange), {
      error: 'must be IP addresses or ranges separated by commas, such as 10.0.0.7, 192.168.1.0/24',
    }),
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    'the embedded PostgreSQL',
    'A PostgreSQL of your own (15 or newer), as postgres://user:password@host:5432/database; then none is started here.',
    text.transform((value, context) => (value === undefined ? null : databaseAddress(value, context))),
  ),
  databasePoolSize: setting(
    'KEYRAIL_DATABASE_POOL_SIZE',
    '10',
    'Connections to the database for requests and for work across workspaces, each up to this many.',
    whole(10, 2, 200),
  ),
  dataDir: setting(
    'KEYRAIL_DATA_DIR',
    '.keyrail/data in the project',
    'The folder of the embedded database and of working files.',
    folder(join(root, '.keyrail', 'data')),
  ),
  masterKey: setting(
    'KEYRAIL_MASTER_KEY',
    'the key file is used',
    'The master key itself, 32 bytes in base64; it opens every stored credential.',
    text.transform((value) => (value === undefined ? null : new Secret(value))),
  ),
  masterKeyFile: setting(
    'KEYRAIL_MASTER_KEY_FILE',
    'a file in ~/.config/keyrail, named after the data folder',
    'The file that holds the master key; made at the first start, readable by its owner alone.',
    text.transform((value) => (value === undefined ? null : resolve(value))),
  ),
  catalogDir: setting(
    'KEYRAIL_CATALOG_DIR',
    'none',
    'A folder of your own catalog files, which add to the ones that come with Keyrail or override them.',
    text.transform((value) => (value === undefined ? null : resolve(value))),
  ),
  upstreams: setting(
    'KEYRAIL_UPSTREAMS',
    'none',
    'Sends calls for one origin to another, as origin=origin separated by commas, and people who sign in at it as well; for mirrors and trials, and a banner shows it.',
    list.transform((entries, context) => originMap(entries, context)),
  ),
  allowedPrivateHosts: setting(
    'KEYRAIL_ALLOWED_PRIVATE_HOSTS',
    'none',
    'Private addresses that may be called, each an exact address and port such as 10.0.0.5:8080, separated by commas.',
    list.superRefine((entries, context) => {
      for (const entry of entries) {
        const parsed = parseAllowedHost(entry);
        if (parsed.kind === 'mistake') context.addIssue({ code: 'custom', message: parsed.problem });
      }
    }),
  ),
  logLevel: setting(
    'KEYRAIL_LOG_LEVEL',
    'info; warn where the output is a terminal',
    'How much is logged, as lines of JSON: `debug`, `info`, `warn` or `error`.',
    z
      .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
      .optional()
      .transform((level) => level ?? null),
  ),
  csvMaxRows: setting(
    'KEYRAIL_CSV_MAX_ROWS',
    '1000000',
    'Rows one CSV import, and one table, may hold.',
    whole(1_000_000, 1, 100_000_000),
  ),
  csvMaxBytes: setting(
    'KEYRAIL_CSV_MAX_BYTES',
    '1073741824',
    'Bytes one CSV import may have.',
    whole(1_073_741_824, 1, 1_099_511_627_776),
  ),
  proxyMaxBytes: setting(
    'KEYRAIL_PROXY_MAX_BYTES',
    '104857600',
    'Bytes a body may have that is passed through the proxy, in either direction, unpacked.',
    whole(104_857_600, 1, 1_099_511_627_776),
  ),
  proxyTimeoutSeconds: setting(
    'KEYRAIL_PROXY_TIMEOUT_SECONDS',
    '300',
    'How long a call through the proxy may take from its beginning to the last byte of its answer.',
    whole(300, 1, 86_400),
  ),
  runConcurrency: setting(
    'KEYRAIL_RUN_CONCURRENCY',
    '100',
    'Calls to third parties that one process makes at the same time for runs.',
    whole(100, 1, 10_000),
  ),
  runLeaseSeconds: setting(
    'KEYRAIL_RUN_LEASE_SECONDS',
    '6',
    'How long a silent process keeps a run: the run of a killed one is taken over after that.',
    whole(6, 1, 300),
  ),
  requestMaxBytes: setting(
    'KEYRAIL_REQUEST_MAX_BYTES',
    '1048576',
    'Bytes a JSON request may have.',
    whole(1_048_576, 1024, 104_857_600),
  ),
  requestsPerSecond: setting(
    'KEYRAIL_REQUESTS_PER_SECOND',
    '100',
    'Requests per second that one token, session or address may make of one process; bursts of three times as many pass.',
    whole(100, 1, 1_000_000),
  ),
  requestTimeoutSeconds: setting(
    'KEYRAIL_REQUEST_TIMEOUT_SECONDS',
    '1800',
    'How long receiving one request may take; a CSV import is received within it too.',
    whole(1800, 1, 86_400),
  ),
  tokenLeaseSeconds: setting(
    'KEYRAIL_TOKEN_LEASE_SECONDS',
    '45',
    'After how long another process may renew an access token whose renewal did not end: longer than one can take (31 s), since a renewal must not be made twice.',
    whole(45, 1, 600),
  ),
  drainTimeoutSeconds: setting(
    'KEYRAIL_DRAIN_TIMEOUT_SECONDS',
    '30',
    'How long a stop waits for requests and jobs in flight.',
    whole(30, 0, 600),
  ),
  statementTimeoutSeconds: setting(
    'KEYRAIL_STATEMENT_TIMEOUT_SECONDS',
    '30',
    'How long one statement in the database may take for a request.',
    whole(30, 1, 3600),
  ),
  sessionIdleDays: setting(
    'KEYRAIL_SESSION_IDLE_DAYS',
    '30',
    'Days without use after which a browser must sign in again.',
    whole(30, 1, 365),
  ),
  sessionMaxDays: setting(
    'KEYRAIL_SESSION_MAX_DAYS',
    '90',
    'Days after which a browser must sign in again, whatever its use.',
    whole(90, 1, 730),
  ),
} as const;

type Settings = { [Key in keyof typeof settings]: z.output<(typeof settings)[Key]['value']> };

/** What the whole program runs by. Made once, by `readConfig`; handed to whoever needs a part of it. */
export interface Config extends Omit<Settings, 'publicUrl' | 'masterKeyFile'> {
  /** The configured address without a trailing slash; null: loopback, see `serve`. */
  publicUrl: string | null;
  masterKeyFile: string;
}

/** Values printed in documentation or examples somewhere: whoever copies one has no secret. */
const KNOWN_SAMPLES = /^(change.?me.*|secret|password|example.*|your.?key.*|test|0+|A+=*|(.)\2+=*)$/i;

type Environment = Record<string, string | undefined>;

/** Reads the environment. All mistakes are told at once, each with what to do, in one `StartRefused`. */
export function readConfig(environment: Environment = process.env): Config {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const given = environment[one.env]?.trim();
    const parsed = one.value.safeParse(given === '' ? undefined : given);
    if (parsed.success) values[key] = parsed.data;
    else for (const issue of parsed.error.issues) mistakes.push(`${one.env}: ${issue.message}. ${one.about}`);
  }
  mistakes.push(...unknownVariables(environment), ...mistakesTogether(values as Partial<Settings>));
  if (environment[settings.masterKey.env]?.trim() === '') {
    // Set, but to nothing: a secret that did not arrive. A key file made in its place would open nothing.
    mistakes.push('KEYRAIL_MASTER_KEY: is set but empty. Give the key, or unset it to use the key file.');
  }
  if (mistakes.length > 0) {
    const many = mistakes.length === 1 ? 'A setting is' : `${mistakes.length} settings are`;
    throw new StartRefused(`${many} not right:\n${mistakes.map((one) => `  - ${one}`).join('\n')}`);
  }
  const read = values as Settings;
  return { ...read, masterKeyFile: read.masterKeyFile ?? defaultKeyFile(read.dataDir, environment) };
}

/** Outside the data folder, so that a copied data folder opens nothing; named after it, so that two do not share. */
function defaultKeyFile(dataDir: string, environment: Environment): string {
  const home = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  return join(home, 'keyrail', `${basename(dataDir)}-${hash}.key`);
}

function unknownVariables(environment: Environment): string[] {
  const known = new Set<string>(Object.values(settings).map((one) => one.env));
  return Object.keys(environment)
    .filter((name) => name.startsWith('KEYRAIL_') && !known.has(name))
    .map((name) => `${name}: there is no such setting. Remove it, or correct its spelling.`);
}

function mistakesTogether(read: Partial<Settings>): string[] {
  const mistakes: string[] = [];
  const { host, publicUrl, masterKey, databaseUrl, role } = read;
  if (host !== undefined && !isLoopbackHost(host) && !publicUrl?.startsWith('https://')) {
    mistakes.push(
      `KEYRAIL_HOST: ${host} can be reached from other machines. Set KEYRAIL_PUBLIC_URL to the https address people use (a reverse proxy ends TLS), or listen on 127.0.0.1.`,
    );
  }
  if (publicUrl?.startsWith('http:') && !isLoopbackHost(new URL(publicUrl).hostname)) {
    mistakes.push('KEYRAIL_PUBLIC_URL: must start with https:// (http is taken for loopback only).');
  }
  if (masterKey && KNOWN_SAMPLES.test(masterKey.reveal())) {
    mistakes.push(
      'KEYRAIL_MASTER_KEY: that is a sample, known to everybody. Make one with: openssl rand -base64 32',
    );
  }
  if (databaseUrl && /:\/\/[^:@/]+:(change.?me|example|your.?password)@/i.test(databaseUrl.reveal())) {
    mistakes.push('DATABASE_URL: its password is a sample, known to everybody. Set another one.');
  }
  if (role !== undefined && role !== 'all' && databaseUrl === null) {
    mistakes.push(
      `KEYRAIL_ROLE: ${role} needs DATABASE_URL, as several processes share one database. Set it, or use the role all.`,
    );
  }
  return mistakes;
}

function publicOrigin(value: string, context: z.RefinementCtx): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const isPlain =
    url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && !url.username;
  if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
    context.addIssue({
      code: 'custom',
      message: 'must be an address without a path, such as https://keyrail.example.com',
    });
    return z.NEVER;
  }
  return url.origin;
}

function databaseAddress(value: string, context: z.RefinementCtx): Secret<string> {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    context.addIssue({ code: 'custom', message: 'must start with postgres:// and be a whole address' });
    return z.NEVER;
  }
  return new Secret(value);
}

function originMap(entries: string[], context: z.RefinementCtx): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const entry of entries) {
    const [from, to, ...rest] = entry.split('=').map((part) => (URL.canParse(part) ? new URL(part) : null));
    if (!from || !to || rest.length > 0 || ![from, to].every(isOriginOnly)) {
      context.addIssue({
        code: 'custom',
        message: `"${entry}" must be origin=origin, such as https://api.example.com=http://127.0.0.1:9000`,
      });
      continue;
    }
    map.set(from.origin, to.origin);
  }
  return map;
}

function isOriginOnly(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === '';
}

function isAddressOrRange(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  if (rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return false;
  return z.union([z.ipv4(), z.ipv6()]).safeParse(address).success;
}
