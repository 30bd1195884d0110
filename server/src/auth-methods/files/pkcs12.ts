import { type Ber, objectIdOf, octetsOf, readBer } from './ber.ts';
import { type Effort, fullEffort } from './effort.ts';
import { unlock } from './locked.ts';
import { checkMac } from './pkcs12-mac.ts';

/** What is in a PKCS#12 file: keys as DER of PKCS#8, certificates as DER, in the order of the file. */
export type Pkcs12 =
  | { kind: 'opened'; keys: Buffer[]; certificates: Buffer[] }
  /** The passphrase is not the one, or, which cannot be told apart, the file is damaged. */
  | { kind: 'shut' }
  | { kind: 'slow' }
  /** Protected in a way that nothing here can read. */
  | { kind: 'unknown' }
  | { kind: 'damaged' };

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const BAG = '1.2.840.113549.1.12.10.1.';
const X509 = '1.2.840.113549.1.9.22.1';
const MOST_NESTED = 4;

/**
 * Opens a .p12 or .pfx file (RFC 7292): those of OpenSSL, Windows, Java and browsers, old and new. No library read all of
 * them: see ARCHITECTURE.md. `passphrase`: "" for none.
 */
export async function openPkcs12(bytes: Buffer, passphrase: string): Promise<Pkcs12> {
  const [, safe, mac] = readBer(bytes)?.parts ?? [];
  const content = contentOf(safe);
  if (content === null) return { kind: 'damaged' };
  const effort = fullEffort();
  for (const tried of formsOf(passphrase)) {
    const checked = mac === undefined ? 'fits' : await checkMac(mac, content, tried, effort);
    if (checked === 'shut') continue;
    const opened = checked === 'fits' ? await openSafe(content, tried, effort) : { kind: checked };
    // Without a seal only opening it shows whether it is the right one.
    if (opened.kind !== 'shut' || mac !== undefined) return opened;
  }
  return { kind: 'shut' };
}

/**
 * No passphrase is written in two ways; and what is beyond ASCII older programs took byte for byte (OpenSSL before 1.1).
 */
function formsOf(passphrase: string): (string | null)[] {
  if (passphrase === '') return ['', null];
  const bytewise = Buffer.from(passphrase, 'utf8').toString('latin1');
  return bytewise === passphrase ? [passphrase] : [passphrase, bytewise];
}

/** What a ContentInfo of kind "data" holds. */
function contentOf(info: Ber | undefined): Buffer | null {
  const [id, content] = info?.parts ?? [];
  return objectIdOf(id) === DATA ? octetsOf(content?.parts[0]) : null;
}

interface Found {
  keys: Buffer[];
  certificates: Buffer[];
}

async function openSafe(content: Buffer, passphrase: string | null, effort: Effort): Promise<Pkcs12> {
  const safe = readBer(content);
  if (safe === null) return { kind: 'damaged' };
  const found: Found = { keys: [], certificates: [] };
  for (const info of safe.parts) {
    const plain = contentOf(info);
    const opened =
      plain === null
        ? await openEncrypted(info, passphrase, effort)
        : ({ kind: 'unlocked', bytes: plain } as const);
    if (opened.kind !== 'unlocked') return opened;
    const bags = readBer(opened.bytes);
    // Opened with the wrong passphrase, one in 256 looks as if it were right.
    if (bags === null) return { kind: plain === null ? 'shut' : 'damaged' };
    const refused = await takeBags(bags, found, passphrase, effort, 0);
    if (refused !== null) return refused;
  }
  return { kind: 'opened', ...found };
}

async function openEncrypted(info: Ber, passphrase: string | null, effort: Effort) {
  const [id, content] = info.parts;
  const [, encrypted] = content?.parts[0]?.parts ?? [];
  const [, algorithm, data] = encrypted?.parts ?? [];
  const bytes = octetsOf(data, 0x80);
  if (objectIdOf(id) !== ENCRYPTED_DATA || bytes === null) return { kind: 'unknown' } as const;
  return unlock(algorithm, bytes, passphrase, effort);
}

/** Keys and certificates of one part; null: all is well. Lists of withdrawn certificates and other secrets are passed over. */
async function takeBags(
  bags: Ber,
  found: Found,
  passphrase: string | null,
  effort: Effort,
  depth: number,
): Promise<Exclude<Pkcs12, { kind: 'opened' }> | null> {
  for (const bag of bags.parts) {
    const [id, wrapped] = bag.parts;
    const value = wrapped?.parts[0];
    const name = objectIdOf(id) ?? '';
    if (value === undefined || !name.startsWith(BAG)) return { kind: 'damaged' };
    switch (name.slice(BAG.length)) {
      case '1':
        found.keys.push(value.whole);
        break;
      case '2': {
        const [algorithm, data] = value.parts;
        const opened = await unlock(algorithm, octetsOf(data) ?? Buffer.alloc(0), passphrase, effort);
        if (opened.kind !== 'unlocked') return opened;
        found.keys.push(opened.bytes);
        break;
      }
      case '3': {
        const certificate = octetsOf(value.parts[1]?.parts[0]);
        if (certificate === null || objectIdOf(value.parts[0]) !== X509) return { kind: 'damaged' };
        found.certificates.push(certificate);
        break;
      }
      case '4':
      case '5':
        break;
      case '6': {
        if (depth >= MOST_NESTED) return { kind: 'damaged' };
        const refused = await takeBags(value, found, passphrase, effort, depth + 1);
        if (refused !== null) return refused;
        break;
      }
      default:
        return { kind: 'damaged' };
    }
  }
  return null;
}
