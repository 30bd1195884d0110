import { X509Certificate } from 'node:crypto';
import { type Ber, INTEGER, numberOf, OBJECT_ID, OCTETS, objectIdOf, readBer, SEQUENCE } from './ber.ts';

/**
 * A binary file as PEM under the label of what it is. Such files arrive as base64, without the lines around it; any other
 * text stays as it is. A PEM or JSON file that was put into base64 as a whole is that file again.
 */
export function asText(text: string): string {
  const bytes = bytesOf(text);
  if (bytes === null) return text;
  if (/^\s*(-----BEGIN |\{)/.test(bytes.toString('latin1', 0, 100))) return bytes.toString('utf8');
  const label = labelOf(bytes);
  return label === null ? text : pemOfDer(label, bytes);
}

/** PEM (RFC 7468) of bytes. */
export function pemOfDer(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Shorter than any key. */
const SHORTEST = 40;

function bytesOf(text: string): Buffer | null {
  const plain = text.replace(/\s/g, '');
  if (plain.length < SHORTEST || !/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return null;
  return Buffer.from(plain, 'base64');
}

const BIT_STRING = 0x03;

/** By its outer form alone; what is inside is looked at by whoever needs it. Null: none of what is known here. */
function labelOf(bytes: Buffer): string | null {
  if (bytes.readUInt32BE(0) === 0xfeedfeed || bytes.readUInt32BE(0) === 0xcececece) return 'JAVA KEYSTORE';
  if (bytes[0] !== SEQUENCE) return null;
  const whole = readBer(bytes);
  // Cut off or damaged: still named for what it began as.
  if (whole === null) return looksLikePkcs12(bytes) ? 'PKCS12' : null;
  const [first, second, third] = whole.parts;
  if (objectIdOf(first) === '1.2.840.113549.1.7.2') return 'PKCS7';
  if (first?.tag === INTEGER) return labelOfNumbered(numberOf(first), second);
  if (first?.tag !== SEQUENCE) return null;
  if (third?.tag === BIT_STRING) return isCertificate(bytes) ? 'CERTIFICATE' : 'CERTIFICATE REQUEST';
  if (second?.tag === BIT_STRING) return 'PUBLIC KEY';
  return second?.tag === OCTETS && first.parts[0]?.tag === OBJECT_ID ? 'ENCRYPTED PRIVATE KEY' : null;
}

/** What begins with a version: PKCS#12 has 3, a curve's key (RFC 5915) 1, the others 0. */
function labelOfNumbered(version: number | null, second: Ber | undefined): string | null {
  if (version === 3) return 'PKCS12';
  if (second?.tag === INTEGER) return 'RSA PRIVATE KEY';
  if (second?.tag === OCTETS) return 'EC PRIVATE KEY';
  return second?.tag === SEQUENCE ? 'PRIVATE KEY' : null;
}

function looksLikePkcs12(bytes: Buffer): boolean {
  const version = bytes.indexOf(Buffer.from([INTEGER, 1, 3, SEQUENCE]));
  return version >= 2 && version <= 6;
}

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).serialNumber !== '';
  } catch {
    return false;
  }
}
