import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { type Setting, type Settings, settings } from './config/settings.ts';
import { isLoopbackHost } from './lib/loopback.ts';
import { StartRefused } from './lib/start-refused.ts';

/** What the whole program runs by. Made once, by `readConfig`; handed to whoever needs a part of it. */
export interface Config extends Omit<Settings, 'publicUrl' | 'masterKeyFile' | 'journalDir'> {
  /** The configured address without a trailing slash; null: loopback, see `serve`. */
  publicUrl: string | null;
  masterKeyFile: string;
  journalDir: string;
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
  return {
    ...read,
    masterKeyFile: read.masterKeyFile ?? defaultKeyFile(read.dataDir, environment),
    journalDir: read.journalDir ?? join(read.dataDir, 'token-journal'),
  };
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
  if ((read.smtpUrl == null) !== (read.mailFrom == null) && 'smtpUrl' in read && 'mailFrom' in read) {
    mistakes.push('KEYRAIL_SMTP_URL and KEYRAIL_MAIL_FROM: set both, or neither: a mail needs a sender.');
  }
  if (role !== undefined && role !== 'all' && databaseUrl === null) {
    mistakes.push(
      `KEYRAIL_ROLE: ${role} needs DATABASE_URL, as several processes share one database. Set it, or use the role all.`,
    );
  }
  return mistakes;
}
