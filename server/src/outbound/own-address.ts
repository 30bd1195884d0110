import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** What came of asking an address that is meant to be this server's own. */
export type OwnAnswer =
  | {
      kind: 'answer';
      status: number;
      /** Of a redirect: where to. */
      location: string | null;
      date: string | null;
      body: string;
      /** Of the certificate. */
      validUntil: Date | null;
    }
  | { kind: 'bad_certificate'; because: CertificateProblem; detail: string }
  | { kind: 'unreachable'; detail: string };

export type CertificateProblem = 'expired' | 'wrong_name' | 'self_signed' | 'untrusted';

interface OwnAsk {
  /** Certificates that are trusted beside the public ones, PEM. */
  extraCa: readonly string[];
  longestMs: number;
}

const LONGEST_MS = 8_000;
const MOST_BYTES = 16_384;

const CERTIFICATE_PROBLEMS: Record<string, CertificateProblem> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong_name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
};

/**
 * Asks once, as a stranger would: no credential, no redirect followed, bounded in time and size. Not for third parties: the
 * operator has set the address (KEYRAIL_PUBLIC_URL), and it may be a private one.
 */
export function askOwnAddress(url: URL, more: Partial<OwnAsk> = {}): Promise<OwnAnswer> {
  const { extraCa = [], longestMs = LONGEST_MS } = more;
  return new Promise((resolve) => {
    const ca = extraCa.length === 0 ? {} : { ca: [...extraCa] };
    const options = { agent: false as const, headers: { accept: 'application/json' }, ...ca };
    const request =
      url.protocol === 'https:'
        ? getHttps(url, options, (response) => {
            const { valid_to: until } = (response.socket as TLSSocket).getPeerCertificate();
            read(response, until === undefined ? null : new Date(until));
          })
        : getHttp(url, options, (response) => read(response, null));
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), longestMs);
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const because = CERTIFICATE_PROBLEMS[error.code ?? ''];
      if (because === undefined) resolve({ kind: 'unreachable', detail: error.code ?? error.message });
      else resolve({ kind: 'bad_certificate', because, detail: error.code ?? '' });
    });

    function read(response: import('node:http').IncomingMessage, validUntil: Date | null): void {
      let body = '';
      response.setEncoding('utf8');
      const done = () => {
        clearTimeout(timer);
        const { statusCode: status = 0, headers } = response;
        const { location = null, date = null } = headers;
        resolve({ kind: 'answer', status, location, date, body, validUntil });
      };
      response.on('data', (part: string) => {
        body += part;
        if (body.length <= MOST_BYTES) return;
        done();
        response.destroy();
      });
      response.on('end', done);
      response.on('error', done);
    }
  });
}
