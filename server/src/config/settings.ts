import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import { parseAllowedHost } from '../outbound/guard-policy.ts';
import {
  databaseAddress,
  folder,
  isAddressOrRange,
  list,
  mailAddress,
  originMap,
  publicOrigin,
  smtpAddress,
  text,
  whole,
} from './values.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** One setting: its variable, one sentence for the documentation, and what its text must be. */
export interface Setting<Value> {
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
  journalDir: setting(
    'KEYRAIL_JOURNAL_DIR',
    'token-journal in the data folder',
    'The folder where new access tokens are kept, encrypted, while the database is away; processes on one machine share it, and it must outlive them.',
    text.transform((value) => (value === undefined ? null : resolve(value))),
  ),
  masterKey: setting(
    'KEYRAIL_MASTER_KEY',
    'the key file is used',
    'The master key itself, 32 bytes in base64; it opens every stored credential.',
    text.transform((value) => (value === undefined ? null : new Secret(value))),
  ),
  masterKeyNext: setting(
    'KEYRAIL_MASTER_KEY_NEXT',
    'the file beside the key file that ends in .next, if there is one',
    'The master key that is to take over, while `keyrail key rotate master` replaces the present one: servers then hold both.',
    text.transform((value) => (value === undefined ? null : new Secret(value))),
  ),
  masterKeyFile: setting(
    'KEYRAIL_MASTER_KEY_FILE',
    'a file in ~/.config/keyrail, named after the data folder',
    'The file that holds the master key; made at the first start, readable by its owner alone.',
    text.transform((value) => (value === undefined ? null : resolve(value))),
  ),
  instanceId: setting(
    'KEYRAIL_INSTANCE_ID',
    'a file beside the key file',
    'Which instance this server works for, as `keyrail instance status` says it; for containers without a disk of their own, whose file would not last. Never give it to a server on a copy of the database.',
    text
      .refine((value) => value === undefined || /^[A-Za-z0-9_-]{8,64}$/.test(value), {
        error: 'must be 8 to 64 letters, digits, - or _',
      })
      .transform((value) => value ?? null),
  ),
  catalogDir: setting(
    'KEYRAIL_CATALOG_DIR',
    'none',
    'A folder of your own catalog files, which add to the ones that come with Keyrail or override them; read when the server starts.',
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
  smtpUrl: setting(
    'KEYRAIL_SMTP_URL',
    'no e-mail is sent',
    'The mail server that sends notices, as smtp://user:password@host:587 (STARTTLS, without which nothing is sent; a relay without it: ?starttls=optional) or smtps://user:password@host:465; a private address is allowed.',
    text.transform((value, context) => (value === undefined ? null : smtpAddress(value, context))),
  ),
  mailFrom: setting(
    'KEYRAIL_MAIL_FROM',
    'none',
    'Whom mails come from, such as Keyrail <keyrail@example.com>; needed with `KEYRAIL_SMTP_URL`.',
    text
      .refine((value) => value === undefined || mailAddress(value), {
        error: 'must be an e-mail address, with or without a name: Keyrail <keyrail@example.com>',
      })
      .transform((value) => value ?? null),
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

/** The values of all settings, before what depends on several of them is put in. */
export type Settings = { [Key in keyof typeof settings]: z.output<(typeof settings)[Key]['value']> };
