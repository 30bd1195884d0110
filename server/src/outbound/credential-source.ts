import type { Secret } from '../lib/secret.ts';
import type { OutboundRequest } from './request.ts';

/** What sockets show of themselves, and whom they believe besides the public authorities. All PEM. */
export interface OwnTls {
  /** The same for the same certificate, key and authorities: sockets are shared by it, and by nothing else. */
  id: string;
  /** Shown to a server that demands a certificate (mutual TLS). */
  client: ClientCertificate | null;
  /** Authorities the server's own certificate may come from. */
  authorities: string | null;
}

export interface ClientCertificate {
  /** The leaf first, then what stands between it and its authority. */
  certificate: string;
  /** Not encrypted. */
  key: Secret<string>;
}

/** Authorities (PEM) that certificates of these hosts may come from, beside the public ones. Of other hosts they may not. */
export interface Trusted {
  authorities: string;
  hosts: readonly string[];
}

/** One version of a connection's credential, ready to be put on a request. */
export interface Credential {
  /** Grows with every rotation; a refusal names the version that was refused. */
  version: number;
  /**
   * The request with the credential on it. Stored values win over what the request already carries. `now` is for
   * signatures. A promise only where something has to be computed: most credentials are put on at once.
   */
  apply(request: OutboundRequest, now: Date): OutboundRequest | Promise<OutboundRequest>;
  /** Present where the socket itself carries the credential. */
  tls?: OwnTls | undefined;
  /** True where `apply` needs the body (a signature over it): a streamed one is read to its end first. */
  signsBody?: boolean | undefined;
  /** Every secret text on the request, to be taken out of whatever may be shown. */
  secrets: readonly Secret<string>[];
}

/**
 * `expired`, `revoked`, `rejected`: its token has ended, and no new one is given. `setup_rejected`: nor under this sign-in setup.
 * `renewing`: somebody renews it right now, for longer than a call waits. `not_renewed`: the one there was has run out, and
 * whoever gives out new ones cannot be had. `moved`: a renewed token brought another address than the call was made for; made
 * anew, it goes there. The last three pass by themselves.
 */
export type NoCredential =
  | 'missing'
  | 'broken'
  | 'unreadable'
  | 'expired'
  | 'revoked'
  | 'rejected'
  | 'setup_rejected'
  | 'renewing'
  | 'not_renewed'
  | 'moved';

export interface Unavailable {
  kind: 'unavailable';
  because: NoCredential;
  /** The other side's own words, free of secrets. */
  words?: string | null;
  /** Where it passes by itself: not before then. */
  retryAfterSeconds?: number;
}

/**
 * Where a call gets its credential. Declared here, made by `connections` (a saved connection) or by
 * `literalCredential` (a credential being checked before it is saved).
 */
export interface CredentialSource {
  /** What to use now. Called once per attempt, so it answers from memory where it can. */
  current(): Promise<{ kind: 'credential'; credential: Credential } | Unavailable>;
  /**
   * The third party did not accept `version`: a newer one to repeat the call with once; null where there is none and the
   * answer stands; or why there is none now.
   */
  refused(version: number): Promise<Credential | Unavailable | null>;
}

/** A source for a credential that is not stored: a refusal is final. */
export function literalCredential(credential: Credential): CredentialSource {
  return {
    current: async () => ({ kind: 'credential', credential }),
    refused: async () => null,
  };
}
