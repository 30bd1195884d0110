import { Secret } from './secret.ts';
import { inSources } from './source-places.ts';

const HIDDEN = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_TEXT = 4000;

/** Names whose values are never logged, wherever they stand and however they are written. */
const HIDDEN_NAMES =
  /^(.*(authorization|cookie|password|passwd|passphrase|secret|apikey|accesskey|privatekey|masterkey|signingkey|credential|assertion).*|.*tokens?|body|rawbody|headers?|code|pem|key)$/;
/** Names that end like a secret and are none. `code` is hidden unless it is the code of an error. */
const SHOWN_CODE = /^[A-Za-z0-9_]{1,40}$/;

const PATTERNS: [RegExp, string][] = [
  [/-----BEGIN [^-]+-----[\s\S]*?(-----END [^-]+-----|$)/g, HIDDEN],
  [/\b(Bearer|Basic|Token|Digest|AWS4-HMAC-SHA256)\s+[^\s,"']{4,}/gi, `$1 ${HIDDEN}`],
  [/\bkr_[0-9a-z]{8,}/gi, `kr_${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)*/g, HIDDEN],
  [/\b[sprw]k[-_](live|test|proj|ant)?[-_]?[\w-]{8,}/g, HIDDEN],
  // What stands between // and @ of an address, and all behind its question mark.
  [/(:\/\/)[^\s/@"']*@/g, `$1${HIDDEN}@`],
  // The question mark first: looked behind at every place, a long text would take its length squared.
  [/\?(?<=\/[^\s?"']*\?)[^\s"']*/g, `?${HIDDEN}`],
  [
    /(key|token|secret|password|passwd|authorization|code)(["']?\s*[=:]\s*["']?)[^\s"'&,;}]{3,}/gi,
    `$1$2${HIDDEN}`,
  ],
  // Long runs without a dash or dot are keys, hashes or ciphertext; our ids have 30 characters.
  [/(?<![\w/.-])[A-Za-z0-9+/_=]{40,}(?![\w.-])/g, HIDDEN],
];

/** A text without what looks like a secret: tokens, keys, queries of URLs, user names and passwords in addresses. */
export function redactText(text: string): string {
  let clean = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A value as it may be logged: secrets by name or by look are gone, errors keep what says where, not what was in them. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (value instanceof Secret) return '[secret]';
  if (value instanceof Date) return value;
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  if (value instanceof Map) return `[${value.size} entries]`;
  return redactFields(value, depth);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  const fields = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    fields.map(([name, field]) => [name, isHidden(name, field) ? HIDDEN : redact(field, depth + 1)]),
  );
}

function isHidden(name: string, field: unknown): boolean {
  if (field === null || field === undefined || typeof field === 'number' || typeof field === 'boolean')
    return false;
  const plain = name.toLowerCase().replace(/[^a-z]/g, '');
  if (!HIDDEN_NAMES.test(plain)) return false;
  return !(
    plain === 'code' &&
    typeof field === 'string' &&
    SHOWN_CODE.test(field) &&
    /^[A-Z0-9_]+$|_/.test(field)
  );
}

/** Fields of system, database and network errors that say where, never what. */
const ERROR_FIELDS = [
  'code',
  'syscall',
  'address',
  'port',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
  'reason',
  'status',
] as const;

/**
 * An error for the log. Other people's messages quote what they failed on (JSON.parse, PostgreSQL, zod): what stands in
 * quotes is dropped, and the stack is kept without its first lines, which repeat the message.
 */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = { type: error.name, message: errorMessage(error) };
  for (const name of ERROR_FIELDS) {
    const field = (error as unknown as Record<string, unknown>)[name];
    if (typeof field === 'string' || typeof field === 'number') shown[name] = redact(field);
  }
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  shown.stack = inSources(places.slice(0, 20).join('\n'));
  if (error.cause !== undefined && depth < MAX_DEPTH) shown.cause = redact(error.cause, depth + 1);
  return shown;
}

const OWN_ERRORS = new Set(['AppError', 'StartRefused']);

function errorMessage(error: Error): string {
  if (error.name === 'SyntaxError' || error.name === 'ZodError' || error.name === '$ZodError') return HIDDEN;
  const text = redactText(error.message);
  return OWN_ERRORS.has(error.name) ? text : text.replace(/(["'`“‘])(?:(?!\1)[^”’])*[”’"'`]/g, '"…"');
}
