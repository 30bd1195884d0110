import { type KeyObject, X509Certificate } from 'node:crypto';
import { kindOfLabel, wrongFile } from './file-kind.ts';
import { readPem } from './pem.ts';

const WANTED = 'a certificate in PEM form';
/** Real chains have two to four. */
const MAX_CERTIFICATES = 20;

/** The certificates of a text, each once, in its order; or, as text, why there are none to be had. */
export function readCertificates(text: string): X509Certificate[] | string {
  const found = readPem(text);
  if (found.kind === 'none') return wrongFile(text, WANTED);
  if (found.kind === 'damaged') {
    return kindOfLabel(found.label) === 'certificate'
      ? `The certificate ${found.problem}.`
      : wrongFile(text, WANTED);
  }
  const blocks = found.blocks.filter(({ label }) => kindOfLabel(label) === 'certificate');
  if (blocks.length === 0) return wrongFile(text, WANTED);
  if (blocks.length > MAX_CERTIFICATES) {
    return `The file holds ${blocks.length} certificates; a chain has a few. This looks like a bundle of authorities.`;
  }
  const certificates: X509Certificate[] = [];
  for (const { pem } of blocks) {
    const read = parse(pem);
    if (typeof read === 'string') return read;
    certificates.push(read);
  }
  return certificates.filter(isFirst);
}

/** "CN=client, O=Example" of Node's one part a line with escapes (RFC 2253), the nearest first. */
export function nameIn(name: string | undefined): string {
  const parts = (name ?? '').split('\n').reverse().join(', ');
  return parts.replace(/\\(?:([0-9A-F]{2})|(.))/g, (_, code: string | undefined, plain: string) =>
    code === undefined ? plain : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Its names say that it is its own issuer. */
export function isOwnIssuer(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject;
}

export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

const DAMAGED = 'The certificate is damaged and cannot be read.';
const SLOW =
  'The certificate has a key of an unusual form or size, with which this server checks no signatures. Use one with an RSA key of at most 8,192 bits, or of a named curve.';

/** The certificate, or why it is none. */
function parse(pem: string): X509Certificate | string {
  try {
    const certificate = new X509Certificate(pem);
    // Looked at now: a damaged one throws only when it is asked. By its names: other ways of asking say no of one whose
    // inside is damaged.
    if (isSlow(certificate.publicKey)) return SLOW;
    const times = [certificate.validFrom, certificate.validTo].map((one) => Date.parse(one));
    if (times.some(Number.isNaN)) return DAMAGED;
    return isOwnIssuer(certificate) && !certificate.verify(certificate.publicKey) ? DAMAGED : certificate;
  } catch {
    return DAMAGED;
  }
}

const MOST_BITS = 8_192;
/** What browsers and Windows take, too. */
const LARGEST_EXPONENT = 2n ** 32n;

/**
 * Each is held against each other one, and nobody is served meanwhile. With an exponent as long as the key one signature takes a
 * hundred times as long: of twenty certificates made for it, ten seconds.
 */
function isSlow({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  if (type === 'rsa' || type === 'rsa-pss')
    return (details.modulusLength ?? 0) > MOST_BITS || (details.publicExponent ?? 0n) > LARGEST_EXPONENT;
  return type === 'dsa' || type === 'dh' || (type === 'ec' && details.namedCurve === undefined);
}

/** The same certificate twice is one. */
function isFirst(one: X509Certificate, index: number, all: readonly X509Certificate[]): boolean {
  return all.findIndex((other) => other.fingerprint256 === one.fingerprint256) === index;
}
