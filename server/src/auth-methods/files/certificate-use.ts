import type { X509Certificate } from 'node:crypto';
import { type Ber, objectIdOf, octetsOf, readBer } from './ber.ts';
import { isOwnIssuer } from './certificate-file.ts';

const KEY_USAGE = '551d0f';
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
  const usage = extensionOf(readBer(certificate.raw));
  if (usage === null) return true;
  const bits = readBer(usage);
  return bits?.tag === BIT_STRING && ((bits.content[1] ?? 0) & DIGITAL_SIGNATURE) !== 0;
}

function extensionOf(certificate: Ber | null): Buffer | null {
  const extensions = certificate?.parts[0]?.parts.find(({ tag }) => tag === 0xa3)?.parts[0]?.parts ?? [];
  const found = extensions.find(({ parts }) => parts[0]?.content.toString('hex') === KEY_USAGE);
  return found === undefined || objectIdOf(found.parts[0]) === null ? null : octetsOf(found.parts.at(-1));
}
