import { AppError } from '../lib/app-error.ts';

/**
 * SQLSTATE classes and codes that say "the database cannot be used right now", as opposed to "this statement is wrong":
 * 08 connection, 53 resources (disk full, too many connections), 57P0x shutting down or starting up, 58 system
 * (I/O error), 25006 read-only (a replica, or a fail-over under way), 57014 a statement cut off by its time limit.
 */
const UNAVAILABLE_STATES = /^(08...|53...|57P0.|58...|25006|57014)$/;

/** What the socket and the driver say when there is no database at the other end. */
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // No more files or sockets to be had, for this process or the machine.
  'EMFILE',
  'ENFILE',
]);
/** A limit of the process or the user rather than of the disk: PostgreSQL has no code of its own for it. */
const FULL_MESSAGES = /: (File too large|No space left on device|Disk quota exceeded)$/;
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed|The server does not support)/i;

/** Whether the failure is the database's absence rather than a mistake in a statement. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    UNAVAILABLE_CODES.has(code) ||
    UNAVAILABLE_STATES.test(code) ||
    UNAVAILABLE_MESSAGES.test(error.message) ||
    isFull(error)
  );
}

function isFull(error: Error): boolean {
  const code = 'code' in error ? error.code : '';
  return code === '53100' || (code === 'XX000' && FULL_MESSAGES.test(error.message));
}

/** Whether the connection is of no further use after this failure. */
export function breaksConnection(error: unknown): boolean {
  if (!isUnavailable(error)) return false;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !/^(53[124]..|25006|57014|XX000)$/.test(code);
}

/** The failure as everybody above a store sees it: `unavailable` (503) when the database is away, else unchanged. */
export function databaseFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !isUnavailable(error)) return error;
  return unavailable(`${reasonOf(error)} Nothing was saved.`, error);
}

/** The same where the answer to a COMMIT did not come: it may have been carried out. */
export function commitFailure(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'unavailable') return error;
  if (!(error.cause instanceof Error) || !breaksConnection(error.cause)) return error;
  return unavailable(
    'The connection to the database was lost while this was being saved: it may be saved. Look, or send it once more with the same Idempotency-Key.',
    error.cause,
  );
}

function unavailable(detail: string, cause: Error): AppError {
  return new AppError('unavailable', { detail, retryAfterSeconds: 5, cause });
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (isFull(error)) return 'The disk of the database is full; reading still works.';
  if (code === '25006') return 'The database takes no changes at the moment: it is read-only.';
  if (code.startsWith('533')) return 'The database takes no more connections at the moment.';
  return 'The database cannot be reached at the moment.';
}
