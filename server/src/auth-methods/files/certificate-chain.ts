import type { KeyObject, X509Certificate } from 'node:crypto';
import { endWarning, outOfTime } from './certificate-dates.ts';
import { isIssuedBy, isOwnIssuer, nameIn, readCertificates } from './certificate-file.ts';
import { namesKeyOf, notForClients, useWarnings } from './certificate-use.ts';

export type ChainOutcome =
  /** `pem`: the leaf first, each followed by its issuer. */
  | { kind: 'chain'; leaf: X509Certificate; pem: string; warnings: string[] }
  | { kind: 'problem'; message: string; reason?: string };

/**
 * The certificate of a PEM text with what stands between it and its authority, in whatever order they came. `key`: the
 * private key it must belong to, where that is known already. `allowed.ended`: also one that is over.
 */
export function readChain(
  text: string,
  key: KeyObject | null,
  now: Date,
  allowed: { ended: boolean },
): ChainOutcome {
  const read = readCertificates(text);
  if (typeof read === 'string') return { kind: 'problem', message: read };
  const leaf = leafOf(read, key);
  if (leaf === null) {
    const message = 'The certificate and the private key do not belong together.';
    return { kind: 'problem', message, reason: 'key_mismatch' };
  }
  const chain = orderedFrom(leaf, read);
  const others = read.filter((one) => !chain.includes(one));
  const hasIssued = others.some((one) => isIssuedBy(one, leaf));
  const unfit = notForClients(leaf, hasIssued) ?? strangersIn(chain, others);
  if (unfit !== null) return { kind: 'problem', message: unfit };
  const wrong = outOfTime(leaf, 'The certificate', now);
  const isAccepted = allowed.ended && wrong?.reason === 'certificate_ended';
  if (wrong !== null && !isAccepted) return { kind: 'problem', ...wrong };
  const warnings = [
    wrong?.message ?? endWarning(leaf, 'The certificate', now),
    ...useWarnings(leaf),
    gapIn(chain, others),
  ].filter((one) => one !== null);
  return { kind: 'chain', leaf, pem: pemOfAll(chain), warnings };
}

/** A root alone may be there without what leads to it. What says it issued the last one and did not sign it shows damage. */
function strangersIn(chain: readonly X509Certificate[], others: readonly X509Certificate[]): string | null {
  const last = chain.at(-1);
  const isSaidToIssue = (one: X509Certificate) =>
    last !== undefined && one.ca && (one.subject === last.issuer || namesKeyOf(last, one));
  if (others.some(isSaidToIssue)) return DAMAGED;
  return others.every((one) => one.ca && isOwnIssuer(one)) ? null : STRANGERS;
}

const STRANGERS =
  'The file holds certificates that do not belong to the chain of this certificate. Leave out the others.';
const DAMAGED =
  'The certificate does not have the signature of its issuer, whose certificate is in the file. It is damaged, or its issuer is another of the same name.';

export function pemOfAll(certificates: readonly X509Certificate[]): string {
  return certificates.map((one) => one.toString()).join('');
}

/** The one of the key; without a key the one that issued no other. */
function leafOf(certificates: readonly X509Certificate[], key: KeyObject | null): X509Certificate | null {
  if (key !== null) return certificates.find((one) => one.checkPrivateKey(key)) ?? null;
  const isIssuer = (one: X509Certificate) =>
    certificates.some((other) => other !== one && isIssuedBy(other, one));
  const ends = certificates.filter((one) => !isIssuer(one));
  return ends.find((one) => !one.ca) ?? ends[0] ?? certificates[0] ?? null;
}

function orderedFrom(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  for (;;) {
    const last = chain.at(-1) ?? leaf;
    const issuer = all.find((one) => !chain.includes(one) && isIssuedBy(last, one));
    if (issuer === undefined) return chain;
    chain.push(issuer);
  }
}

/**
 * What the file lacks, so that a server may not find the way to its authority: an intermediate certificate. Of one that comes
 * alone only those of public authorities say so (by the address of their issuer); a company's own has often none between.
 */
function gapIn(chain: readonly X509Certificate[], others: readonly X509Certificate[]): string | null {
  const last = chain.at(-1);
  if (last === undefined || isOwnIssuer(last)) return null;
  const isAlone = others.length === 0;
  if (isAlone && !(last.infoAccess ?? '').includes('CA Issuers')) return null;
  const unused = isAlone ? '' : ' The other certificates of the file do not lead to it and are left out.';
  return `The certificate of its issuer (${nameIn(last.issuer)}) is not in the file.${unused} If the server refuses the certificate, add the intermediate one.`;
}
