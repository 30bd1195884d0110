import type { X509Certificate } from 'node:crypto';
import { type Ber, objectIdOf, octetsOf, readBer } from './ber.ts';
import { isOwnIssuer } from './certificate-file.ts';

const SUBJECT_KEY = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const AUTHORITY_KEY = '2.5.29.35';
const BIT_STRING = 0x03;
const DIGITAL_SIGNATURE = 0x80;
const FOR_CLIENTS = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/**
 * Why a certificate is none to show oneself with; null: it is one. That of an authority is none, unless it is signed by itself
 * and may sign other things, too: so `openssl req -x509` makes them.
 */
export function notForClients(leaf: X509Certificate, hasIssued: boolean): string | null {
  const isOnlyForIssuing = hasIssued || !isOwnIssuer(leaf) || !maySign(leaf);
  return leaf.ca && isOnlyForIssuing
    ? 'This is the certificate of an authority (CA), which signs other certificates. Upload the one that it issued for this client, with its key.'
    : null;
}

export function useWarnings(leaf: X509Certificate): string[] {
  const uses = leaf.keyUsage ?? [];
  return [
    ...(leaf.ca
      ? ['This is the certificate of an authority (CA). Servers usually want one that it issued.']
      : []),
    ...(uses.length > 0 && !uses.some((use) => FOR_CLIENTS.includes(use))
      ? [
          'The certificate is not made for clients (it lacks “TLS client authentication”). Many servers refuse it.',
        ]
      : []),
  ];
}

/** RFC 5280 §4.2.1.3: where the extension is there, it must allow signatures. */
function maySign(certificate: X509Certificate): boolean {
  const bits = extensionOf(certificate, KEY_USAGE);
  return bits === null || (bits.tag === BIT_STRING && ((bits.content[1] ?? 0) & DIGITAL_SIGNATURE) !== 0);
}

/** It names the key of this issuer as the one that signed it (RFC 5280 §4.2.1.1), whatever else it says. */
export function namesKeyOf(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const named = extensionOf(certificate, AUTHORITY_KEY)?.parts.find(({ tag }) => tag === 0x80);
  const own = octetsOf(extensionOf(issuer, SUBJECT_KEY) ?? undefined);
  return named !== undefined && own !== null && named.content.equals(own);
}

function extensionOf({ raw }: X509Certificate, id: string): Ber | null {
  const extensions = readBer(raw)?.parts[0]?.parts.find(({ tag }) => tag === 0xa3)?.parts[0]?.parts ?? [];
  const value = octetsOf(extensions.find(({ parts }) => objectIdOf(parts[0]) === id)?.parts.at(-1));
  return value === null ? null : readBer(value);
}
