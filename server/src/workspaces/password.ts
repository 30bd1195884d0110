import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '../lib/app-error.ts';

/** OWASP's and RFC 9106's smaller setting: 19 MiB, two passes, one lane. Hashing runs on the thread pool. */
const ARGON2ID = { algorithm: 2 /* argon2id */, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** Of the thread pool's four, so that a wave of sign-ins does not hold up files and look-ups. */
const AT_ONCE = 2;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** With `stored` null (no such user) it takes as long and is false. */
  matches(stored: string | null, password: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
  const inTurn = createTurns(AT_ONCE);
  // What unknown users are compared with; no password leads to it that anybody knows.
  let decoy: Promise<string> | null = null;
  return {
    hash: async (password) => {
      const { hash } = await argon2();
      return inTurn(() => hash(password, ARGON2ID));
    },
    matches: async (stored, password) => {
      const { hash, verify } = await argon2();
      decoy ??= inTurn(() => hash(crypto.randomUUID(), ARGON2ID));
      const against = stored ?? (await decoy);
      const isRight = await inTurn(() => verify(against, password));
      return isRight && stored !== null;
    },
  };
}

/** Loaded with the first password: it is a native library, and a start need not wait for it. */
const argon2 = () => import('@node-rs/argon2');

function createTurns(atOnce: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/**
 * Refuses what guessing starts with: the most common passwords, the product's name, the person's own e-mail address. No
 * rule about kinds of characters (NIST SP 800-63B §5.1.1.2): they make passwords worse. Length is checked by the shape.
 */
export function refuseWeakPassword(password: string, person: { email: string; name: string }): void {
  const because = weakness(password, person);
  if (because === null) return;
  throw new AppError('invalid_input', { detail: because, fields: [{ path: 'password', message: because }] });
}

function weakness(password: string, { email, name }: { email: string; name: string }): string | null {
  const lower = password.toLowerCase();
  if (isCommon(lower)) return 'This is one of the most used passwords. Take another one.';
  if (/^keyrail\W*\d*\W*$/.test(lower))
    return 'The name of the product is the first thing people try. Take another one.';
  const own = [email, email.split('@')[0] ?? '', name, name.replaceAll(' ', '')].map((one) =>
    one.toLowerCase(),
  );
  if (own.some((one) => one.length >= 4 && lower.replace(/[\d\W]+$/, '') === one.replace(/[\d\W]+$/, ''))) {
    return 'Your own name or e-mail address is easy to guess. Take another one.';
  }
  if (new Set(lower).size < 4) return 'That repeats very few characters. Take another one.';
  return null;
}

/**
 * The 5,000 most used passwords of 8 and more characters, from the password list of zxcvbn-ts (MIT, © Dan Wheeler,
 * Dropbox, zxcvbn-ts). Read when asked for: that is at a password's making, so keeping it would be a waste.
 */
function isCommon(lower: string): boolean {
  const list = readFileSync(fileURLToPath(new URL('common-passwords.txt', import.meta.url)), 'utf8');
  return list.split('\n').includes(lower);
}
