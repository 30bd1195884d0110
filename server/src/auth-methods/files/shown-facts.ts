import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { Fact } from '@keyrail/contract/integrations';
import { dayOf } from './certificate-dates.ts';
import { isOwnIssuer, nameIn } from './certificate-file.ts';

const LONGEST = 300;

/** What may be shown of a certificate. */
export function certificateFacts(leaf: X509Certificate): Fact[] {
  return [
    fact('Subject', nameIn(leaf.subject)),
    fact('Issued by', isOwnIssuer(leaf) ? 'itself' : nameIn(leaf.issuer)),
    fact('Names', leaf.subjectAltName ?? ''),
    fact('Valid from', dayOf(new Date(leaf.validFrom))),
    fact('Ends on', dayOf(new Date(leaf.validTo))),
    fact('Key', keyInWords(leaf.publicKey)),
    fact('SHA-256 fingerprint', leaf.fingerprint256),
  ].filter((one) => one.value !== '');
}

/** What may be shown of a private key: of its public half. */
export function keyFacts(key: KeyObject): Fact[] {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(spki).digest('hex').toUpperCase();
  return [
    fact('Key', keyInWords(key)),
    fact('SHA-256 fingerprint of the public key', digest.replace(/..(?!$)/g, '$&:')),
  ];
}

/** "RSA, 2,048 bits" */
export function keyInWords(key: KeyObject): string {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `RSA, ${modulusLength.toLocaleString('en')} bits`;
  return namedCurve === undefined ? (key.asymmetricKeyType ?? '').toUpperCase() : `EC, ${namedCurve}`;
}

/** One line without anything that could be taken for something else than text: no controls, no turning of direction. */
export function fact(label: string, value: string): Fact {
  const plain = value
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return { label, value: plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain };
}
