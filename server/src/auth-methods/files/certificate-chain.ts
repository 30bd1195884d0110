import { type KeyObject, X509Certificate } from 'node:crypto';
import { kindOfLabel, wrongFile } from './file-kind.ts';
import { readPem } from './pem.ts';

export type ChainOutcome =
  /** `pem`: the leaf first, each followed by its issuer. */
  | { kind: 'chain'; leaf: X509Certificate; pem: string; warnings: string[] }
  | { kind: 'problem'; message: string; about: 'certificate' | 'pair' };

const WANTED = 'a certificate in PEM form';
/** Real chains have two to four. */
const MAX_CERTIFICATES = 20;
const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

/**
 * The certificate of a PEM text with what stands between it and its authority, in whatever order they came. `key`: the
 * private key it must belong to, where that is known already.
 */
export function readChain(text: string, key: KeyObject | null, now: Date): ChainOutcome {
  const read = readCertificates(text);
  if (typeof read === 'string') return problem(read);
  const leaf = leafOf(read, key);
  if (leaf === null) {
    const message = 'The certificate and the private key do not belong together.';
    return { kind: 'problem', message, about: 'pair' };
  }
  const chain = orderedFrom(leaf, read);
  if (chain.length < read.length) return problem(STRANGERS);
  const wrong = validityProblem(leaf, now);
  if (wrong !== null) return problem(wrong);
  return { kind: 'chain', leaf, pem: chain.map(pemOf).join(''), warnings: warningsAbout(leaf, now) };
}

/** Authorities that a server's certificate may come from. */
export function readAuthorities(
  text: string,
): { kind: 'authorities'; pem: string; count: number } | { kind: 'problem'; message: string } {
  const read = readCertificates(text);
  if (typeof read === 'string') return { kind: 'problem', message: read };
  return { kind: 'authorities', pem: read.map(pemOf).join(''), count: read.length };
}

const STRANGERS =
  'The file holds certificates that do not belong to the chain of this certificate. Leave out the others.';

/** The certificates, or why there are none to be had. */
function readCertificates(text: string): X509Certificate[] | string {
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

function parse(pem: string): X509Certificate | null {
  try {
    const certificate = new X509Certificate(pem);
    // Looked at now: a damaged one throws only when it is asked.
    // By its names: other ways of asking say no of one whose inside is damaged.
    const isSelfSigned = certificate.issuer === certificate.subject;
    void certificate.publicKey.asymmetricKeyType;
    if (Number.isNaN(Date.parse(certificate.validTo))) return null;
    return isSelfSigned && !certificate.verify(certificate.publicKey) ? null : certificate;
  } catch {
    return null;
  }
}

/** The one of the key; without a key the one that issued no other. */
function leafOf(certificates: readonly X509Certificate[], key: KeyObject | null): X509Certificate | null {
  if (key !== null) return certificates.find((one) => one.checkPrivateKey(key)) ?? null;
  const isIssuer = (one: X509Certificate) =>
    certificates.some((other) => other !== one && isIssuedBy(other, one));
  return certificates.find((one) => !isIssuer(one)) ?? certificates[0] ?? null;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function orderedFrom(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  for (;;) {
    const last = chain.at(-1) ?? leaf;
    const issuer = all.find((one) => !chain.includes(one) && isIssuedBy(last, one));
    if (issuer === undefined) break;
    chain.push(issuer);
  }
  return chain;
}

/** The same certificate twice is one. */
function isFirst(one: X509Certificate, index: number, all: readonly X509Certificate[]): boolean {
  return all.findIndex((other) => other.fingerprint256 === one.fingerprint256) === index;
}

function validityProblem(leaf: X509Certificate, now: Date): string | null {
  const [from, to] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
  if (to <= now) return `The certificate ended on ${dayOf(to)}. A new one is needed.`;
  return from > now ? `The certificate is not valid before ${dayOf(from)}.` : null;
}

function warningsAbout(leaf: X509Certificate, now: Date): string[] {
  const to = new Date(leaf.validTo);
  const days = Math.ceil((to.getTime() - now.getTime()) / DAY_MS);
  return [
    ...(days <= WARN_DAYS
      ? [`The certificate ends on ${dayOf(to)}, in ${days} ${days === 1 ? 'day' : 'days'}.`]
      : []),
    ...(leaf.ca
      ? ['This is the certificate of an authority (CA). Servers usually want one that it issued.']
      : []),
  ];
}

/** "2026-12-01" */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function pemOf(certificate: X509Certificate): string {
  return certificate.toString();
}

function problem(message: string): ChainOutcome {
  return { kind: 'problem', message, about: 'certificate' };
}
