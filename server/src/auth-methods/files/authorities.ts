import type { X509Certificate } from 'node:crypto';
import type { Fact } from '@keyrail/contract/integrations';
import { pemOfAll } from './certificate-chain.ts';
import { dayOf, outOfTime } from './certificate-dates.ts';
import { isOwnIssuer, nameIn, readCertificates } from './certificate-file.ts';
import { fact } from './shown-facts.ts';

export type Authorities =
  | { kind: 'authorities'; pem: string; facts: Fact[] }
  | { kind: 'problem'; message: string; reason?: string };

/**
 * Authorities that a server's certificate may come from, beside the public ones: a company's own. Each must be one, or be
 * signed by itself and so its own; and be valid now.
 */
export function readAuthorities(text: string, now: Date): Authorities {
  const read = readCertificates(text);
  if (typeof read === 'string') return { kind: 'problem', message: read };
  const leaf = read.find((one) => !one.ca && !isOwnIssuer(one));
  if (leaf !== undefined) return { kind: 'problem', message: leafWords(leaf) };
  for (const one of read) {
    const wrong = outOfTime(one, `The certificate of the authority ${nameIn(one.subject)}`, now);
    if (wrong !== null) return { kind: 'problem', ...wrong };
  }
  return { kind: 'authorities', pem: pemOfAll(read), facts: factsOf(read) };
}

function leafWords(leaf: X509Certificate): string {
  const [name, issuer] = [nameIn(leaf.subject), nameIn(leaf.issuer)];
  return `This is the certificate of ${name}, not of an authority (CA). Upload the one it was issued by: ${issuer}.`;
}

function factsOf([first, ...others]: readonly X509Certificate[]): Fact[] {
  if (first === undefined) return [];
  return [
    fact('Server’s authority', nameIn(first.subject)),
    fact('Authority ends on', dayOf(new Date(first.validTo))),
    fact('SHA-256 fingerprint of the authority', first.fingerprint256),
    ...(others.length === 0
      ? []
      : [fact('Further authorities', others.map((one) => nameIn(one.subject)).join(' · '))]),
  ];
}
