import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../../lib/secret.ts';
import { kindOfLabel, wrongFile } from './file-kind.ts';
import { DAMAGED, openKey } from './opened-key.ts';
import { type PemBlock, readPem } from './pem.ts';

export type KeyOutcome =
  | { kind: 'key'; key: KeyObject; pem: Secret<string>; wasEncrypted: boolean }
  | { kind: 'problem'; message: string; about: 'key' | 'passphrase' };

const WANTED = 'a private key in PEM form';

/**
 * The one private key of a PEM text, opened with its passphrase where it has one, proved by a signature, and written out
 * again as PKCS#8 without a passphrase: it is stored sealed, and the passphrase is not kept.
 */
export async function readPrivateKey(text: string, passphrase: string | undefined): Promise<KeyOutcome> {
  const found = readPem(text);
  if (found.kind === 'none') return problem(wrongFile(text, WANTED));
  const isKey = ({ label }: PemBlock) => kindOfLabel(label).endsWith('private_key');
  if (found.kind === 'damaged') {
    const isOther = !kindOfLabel(found.label).endsWith('private_key');
    return problem(isOther ? wrongFile(text, WANTED) : `The private key ${found.problem}.`);
  }
  const keys = found.blocks.filter(isKey);
  const [block] = keys;
  if (block === undefined) return problem(wrongFile(text, WANTED));
  if (keys.length > 1)
    return problem('The file holds more than one private key. Leave only the one that is meant.');
  if (kindOfLabel(block.label) === 'ssh_private_key') return problem(wrongFile(block.pem, WANTED, SSH_HINT));
  return opened(block, passphrase);
}

const SSH_HINT = 'ssh-keygen -p -m PKCS8 -f file turns it into PEM.';

async function opened(block: PemBlock, passphrase: string | undefined): Promise<KeyOutcome> {
  const isEncrypted =
    block.label === 'ENCRYPTED PRIVATE KEY' || block.headers.some((line) => line.includes('ENCRYPTED'));
  if (isEncrypted && !passphrase) {
    const message = 'The private key is protected by a passphrase. Enter it as well.';
    return { kind: 'problem', message, about: 'passphrase' };
  }
  const read = await openKey(block, isEncrypted ? passphrase : undefined);
  if (read.kind === 'problem') return read;
  const { key } = read;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength > MOST_BITS || publicExponent > LARGEST_EXPONENT) return problem(TOO_LARGE);
  if (!(await isSound(key))) return problem(DAMAGED);
  return { kind: 'key', key, pem: writtenAnew(key), wasEncrypted: isEncrypted };
}

/** Signing takes eight times as long with twice the bits: of a file made for it, hours in which nobody is served. */
const MOST_BITS = 8_192;
/** What browsers and Windows take, too: some other key has an exponent as long as itself, and takes a hundred times as long. */
const LARGEST_EXPONENT = 2n ** 32n;
const TOO_LARGE =
  'The private key has more than 8,192 bits or an exponent beyond 32 bits, which is more than this server signs with.';

/** From its numbers alone, so that nothing of the file but the key itself is kept. Rare curves have no such form. */
function writtenAnew(key: KeyObject): Secret<string> {
  let anew = key;
  try {
    anew = createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  } catch {}
  return new Secret(anew.export({ type: 'pkcs8', format: 'pem' }).toString());
}

const signOff = promisify(sign);
const verifyOff = promisify(verify);

/**
 * What signs must fit what verifies; and of RSA all numbers must fit together, some of which a signature does not need. On
 * another thread: with the largest keys it takes half a second.
 */
async function isSound(key: KeyObject): Promise<boolean> {
  try {
    if (key.asymmetricKeyType === 'rsa' && !hasSoundNumbers(key.export({ format: 'jwk' }))) return false;
    const data = Buffer.from('keyrail');
    const digest = key.asymmetricKeyType?.startsWith('ed') ? null : 'sha256';
    return await verifyOff(digest, data, createPublicKey(key), await signOff(digest, data, key));
  } catch {
    return false;
  }
}

/** RFC 8017 §3.2. */
function hasSoundNumbers(jwk: JsonWebKey): boolean {
  const [n, e, d, p, q, dp, dq, qi] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(number);
  if (!n || !e || !d || !p || !q || !dp || !dq || !qi) return false;
  const isFactored = p * q === n;
  const isInverse = (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n;
  return isFactored && isInverse && dp === d % (p - 1n) && dq === d % (q - 1n) && (qi * q) % p === 1n;
}

function number(text: string | undefined): bigint | null {
  return text === undefined ? null : BigInt(`0x${Buffer.from(text, 'base64url').toString('hex') || '0'}`);
}

function problem(message: string): KeyOutcome {
  return { kind: 'problem', message, about: 'key' };
}
