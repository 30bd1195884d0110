import { createHmac, hkdfSync } from 'node:crypto';
import { Secret } from '../lib/secret.ts';

/** The one key that is not in the database. What is derived from it is apart by purpose. */
export interface MasterKey {
  /** `mk_` and 16 hex digits: a fingerprint, safe to print. */
  id: string;
  /** 32 bytes for one purpose (`wrap data keys`, `canary`), the same every time. What must outlast this key: `Vault.derive`. */
  derive(purpose: string): Secret<Buffer>;
  /** What `derive` expands (the pseudorandom key of RFC 5869): the root of a database from before it had one of its own. */
  root(): Secret<Buffer>;
}

/** The server does not start. The message is for the operator: what is wrong and what to do. Never a key in it. */
export class MasterKeyError extends Error {
  override name = 'MasterKeyError';
}

const KEY_BYTES = 32;

/** Stands in the documentation, so somebody will paste it. It is refused. */
export const SAMPLE_MASTER_KEY = 'a2V5cmFpbC1zYW1wbGUta2V5LWRvLW5vdC11c2UtISE=';

/**
 * Reads 32 bytes written as base64, base64url or hex. `source` names the setting or file in the message.
 */
export function parseMasterKey(text: string, source: string): MasterKey {
  const trimmed = text.trim();
  if (trimmed === '') throw new MasterKeyError(`${source} is empty. ${HOW_TO_MAKE_ONE}`);
  const bytes = decode(trimmed);
  if (bytes === null || bytes.length !== KEY_BYTES) {
    const found = bytes === null ? 'is neither base64 nor hex' : `holds ${bytes.length} bytes`;
    throw new MasterKeyError(`${source} ${found}; a master key is 32 bytes. ${HOW_TO_MAKE_ONE}`);
  }
  if (isSample(bytes)) {
    throw new MasterKeyError(`${source} holds a sample key that everybody knows. ${HOW_TO_MAKE_ONE}`);
  }
  return masterKey(bytes);
}

export function masterKey(bytes: Buffer): MasterKey {
  const secret = new Secret(Buffer.from(bytes));
  const fingerprint = createHmac('sha256', bytes).update('keyrail master key id').digest('hex').slice(0, 16);
  return {
    id: `mk_${fingerprint}`,
    derive: (purpose) =>
      new Secret(Buffer.from(hkdfSync('sha256', secret.reveal(), '', `keyrail ${purpose}`, KEY_BYTES))),
    root: () => new Secret(createHmac('sha256', '').update(secret.reveal()).digest()),
  };
}

/** HKDF-Expand (RFC 5869 §2.3) to 32 bytes: of `root()` exactly what `derive` gives. */
export function expand(root: Secret<Buffer>, purpose: string): Secret<Buffer> {
  return new Secret(createHmac('sha256', root.reveal()).update(`keyrail ${purpose}\u0001`).digest());
}

const HOW_TO_MAKE_ONE = 'Make one with "openssl rand -base64 32".';

function decode(text: string): Buffer | null {
  if (/^[0-9a-f]+$/i.test(text) && text.length % 2 === 0) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  return null;
}

/** The documented sample, one byte over and over, counting up, or text that somebody typed. */
function isSample(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0;
  if (bytes.equals(Buffer.from(SAMPLE_MASTER_KEY, 'base64'))) return true;
  if (bytes.every((byte) => byte === first)) return true;
  return bytes.every((byte, index) => byte === (first + index) % 256);
}
