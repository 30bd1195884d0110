import type { X509Certificate } from 'node:crypto';
import type { Fact } from '@keyrail/contract/integrations';
import { pemOfAll } from './certificate-chain.ts';
import { dayOf, endWarning, outOfTime } from './certificate-dates.ts';
import { isOwnIssuer, nameIn, readCertificates } from './certificate-file.ts';
import { fact } from './shown-facts.ts';

export type Authorities =
  | { kind: 'authorities'; pem: string; facts: Fact[]; warnings: string[] }
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
    const wrong = outOfTime(one, whatIs(one), now);
    if (wrong !== null) return { kind: 'problem', ...wrong };
  }
  const warnings = read.map((one) => endWarning(one, whatIs(one), now)).filter((one) => one !== null);
  return { kind: 'authorities', pem: pemOfAll(read), facts: factsOf(read), warnings };
}

function whatIs(authority: X509Certificate): string {
  return `The certificate of the authority ${nameIn(authority.subject)}`;
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
