import { X509Certificate } from 'node:crypto';
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
  const certificates = blocks.map(({ pem }) => parse(pem));
  const whole = certificates.filter((one) => one !== null);
  return whole.length < certificates.length
    ? 'The certificate is damaged and cannot be read.'
    : whole.filter(isFirst);
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

function parse(pem: string): X509Certificate | null {
  try {
    const certificate = new X509Certificate(pem);
    // Looked at now: a damaged one throws only when it is asked. By its names: other ways of asking say no of one whose
    // inside is damaged.
    void certificate.publicKey.asymmetricKeyType;
    const times = [certificate.validFrom, certificate.validTo].map((one) => Date.parse(one));
    if (times.some(Number.isNaN)) return null;
    return isOwnIssuer(certificate) && !certificate.verify(certificate.publicKey) ? null : certificate;
  } catch {
    return null;
  }
}

/** The same certificate twice is one. */
function isFirst(one: X509Certificate, index: number, all: readonly X509Certificate[]): boolean {
  return all.findIndex((other) => other.fingerprint256 === one.fingerprint256) === index;
}
