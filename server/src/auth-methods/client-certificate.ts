import { Secret } from '../lib/secret.ts';
import { clientCertificate } from '../outbound/client-sockets.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';

/** Mutual TLS (RFC 8705 §2, where it stands beside OAuth): the socket carries the credential, the request nothing. */
export function certificate(fields: CredentialFields): Authenticator {
  const { certificate: chain = '', private_key: key = '', authority } = fields.reveal();
  return {
    apply: (request) => request,
    secrets: [new Secret(key)],
    tls: clientCertificate(chain, new Secret(key), authority || null),
  };
}
