import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, PEM, made without any tool that may not be installed. */
export interface TestCertificate {
  key: string;
  cert: string;
}

interface Wanted {
  /** CN of the subject, and its one DNS name or address. */
  name: string;
  validFrom?: Date;
  validTo: Date;
  isAuthority?: boolean;
  /** Left out: it signs itself. */
  issuer?: TestCertificate & { name: string };
  /** A key that is there already. */
  privateKey?: KeyObject;
}

const LONG_AGO = new Date('2020-01-01T00:00:00Z');

/** A certificate signed by itself (RFC 5280), which is its own authority. */
export function testCertificate(name: string, validTo: Date): TestCertificate {
  return makeCertificate({ name, validTo, isAuthority: true });
}

/** A certificate (RFC 5280) of a P-256 key unless another key is given. */
export function makeCertificate(wanted: Wanted): TestCertificate {
  const { name, validTo, issuer, validFrom = LONG_AGO, isAuthority = false } = wanted;
  const privateKey = wanted.privateKey ?? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  const signingKey = issuer?.key ?? privateKey;
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    nameOf(issuer?.name ?? name),
    sequence(time(validFrom), time(validTo)),
    nameOf(name),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    tlv(
      0xa3,
      sequence(
        extension('551d11', sequence(alternativeName(name))),
        extension('551d13', isAuthority ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence()),
      ),
    ),
  );
  return { key: pkcs8(privateKey), cert: pem('CERTIFICATE', signed(toBeSigned, signingKey)) };
}

/** A certificate request (RFC 2986). */
export function makeRequest(name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const toBeSigned = sequence(
    tlv(0x02, Buffer.from([0])),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa0, Buffer.alloc(0)),
  );
  return pem('CERTIFICATE REQUEST', signed(toBeSigned, privateKey));
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function signed(toBeSigned: Buffer, key: KeyObject | string): Buffer {
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, key)]));
  return sequence(toBeSigned, ECDSA_SHA256, signature);
}

function pem(label: string, der: Buffer): string {
  const lines = der
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** A DNS name, or an address. */
function alternativeName(name: string): Buffer {
  const isAddress = /^\d+(\.\d+){3}$/.test(name);
  return isAddress ? tlv(0x87, Buffer.from(name.split('.').map(Number))) : tlv(0x82, Buffer.from(name));
}

function nameOf(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(objectId('550403'), tlv(0x0c, Buffer.from(commonName)))));
}

function tlv(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function objectId(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, 'hex'));
}

const ECDSA_SHA256 = sequence(objectId('2a8648ce3d040302'));

function extension(id: string, content: Buffer): Buffer {
  return sequence(objectId(id), tlv(0x04, content));
}

function time(at: Date): Buffer {
  return tlv(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\..*/g, '')}Z`));
}
