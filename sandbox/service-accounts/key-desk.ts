import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';

/** A public key that an account has at a provider, or a certificate. */
export interface RegisteredKey {
  id: string;
  publicKey: KeyObject;
  certificate: X509Certificate | null;
}

/** What a person downloads, once. */
export interface NewKey {
  id: string;
  /** PKCS#8, PEM. */
  privateKey: string;
}

interface Held<T> {
  provider: string;
  owner: string;
  what: T;
}

/**
 * Which keys and client secrets the accounts of one sandbox have at its providers. An account that nobody gave any has the first
 * key and secret of the sandbox, until that is taken away, so that a start page can show what to enter.
 */
export class KeyDesk {
  readonly #keys: Held<RegisteredKey>[] = [];
  readonly #secrets: Held<{ text: string; endsAtMs: number }>[] = [];
  readonly #removed = new Set<string>();
  #made = 0;

  /** Another key for this account, beside those it has. */
  newKey(provider: string, owner: string, kind: 'rsa' | 'ec' = 'rsa'): NewKey {
    this.#made += 1;
    const { privateKey, publicKey } = pairAt(this.#made, kind);
    const id = idOf(`${provider} ${owner} ${this.#made}`);
    this.#keys.push({ provider, owner, what: { id, publicKey, certificate: null } });
    return { id, privateKey };
  }

  /** A certificate (PEM) that a person uploads for this account. */
  addCertificate(provider: string, owner: string, pem: string): void {
    const certificate = new X509Certificate(pem);
    const id = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    this.#keys.push({ provider, owner, what: { id, publicKey: certificate.publicKey, certificate } });
  }

  newSecret(provider: string, owner: string, endsAtMs: number = Number.POSITIVE_INFINITY): string {
    const text = `sandbox-secret-${randomBytes(12).toString('hex')}`;
    this.#secrets.push({ provider, owner, what: { text, endsAtMs } });
    return text;
  }

  keysOf(provider: string, owner: string, kind: 'rsa' | 'ec' = 'rsa'): RegisteredKey[] {
    const first = firstKey(provider, owner, kind);
    const all = [{ provider, owner, what: first }, ...this.#keys];
    return all
      .filter((one) => one.provider === provider && one.owner === owner && !this.#removed.has(one.what.id))
      .map(({ what }) => what);
  }

  /** Whether that is a secret of this account, and whether it is still good. */
  secretOf(provider: string, owner: string, text: string, nowMs: number): 'good' | 'ended' | 'unknown' {
    const found = this.#secrets.find(
      (one) => one.provider === provider && one.owner === owner && one.what.text === text,
    );
    if (text === FIRST_SECRET && !this.#removed.has(`${provider} ${owner} ${text}`)) return 'good';
    if (found === undefined || this.#removed.has(`${provider} ${owner} ${text}`)) return 'unknown';
    return found.what.endsAtMs > nowMs ? 'good' : 'ended';
  }

  /** As when somebody deletes a key at the provider. */
  remove(keyId: string): void {
    this.#removed.add(keyId);
  }

  removeSecret(provider: string, owner: string, text: string): void {
    this.#removed.add(`${provider} ${owner} ${text}`);
  }

  clear(): void {
    this.#keys.length = 0;
    this.#secrets.length = 0;
    this.#removed.clear();
    this.#made = 0;
  }
}

/** The client secret that every account of the sandbox has from the start. */
export const FIRST_SECRET = 'sandbox-client-secret';

/** The private key that every account has from the start. */
export function firstPrivateKey(provider: string, owner: string, kind: 'rsa' | 'ec' = 'rsa'): NewKey {
  return { id: idOf(`${provider} ${owner} 0`), privateKey: pairAt(0, kind).privateKey };
}

function firstKey(provider: string, owner: string, kind: 'rsa' | 'ec'): RegisteredKey {
  return { id: idOf(`${provider} ${owner} 0`), publicKey: pairAt(0, kind).publicKey, certificate: null };
}

const pairs = new Map<string, { privateKey: string; publicKey: KeyObject }>();

/** Making RSA keys takes a while: the n-th key of a process is the same wherever it is asked for. */
function pairAt(index: number, kind: 'rsa' | 'ec'): { privateKey: string; publicKey: KeyObject } {
  const name = `${kind} ${index}`;
  const known = pairs.get(name);
  if (known !== undefined) return known;
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pair = {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: createPublicKey(privateKey),
  };
  pairs.set(name, pair);
  return pair;
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}
