import type { Secret } from '../lib/secret.ts';
import type { OwnTls } from '../outbound/credential-source.ts';
import type { OutboundRequest } from '../outbound/request.ts';

/** What the person entered, by field name, as it was stored; for token methods with `access_token` beside it. */
export type CredentialFields = Secret<Readonly<Record<string, string>>>;

/** A credential turned into a change of requests. No network, no clock of its own: the same request and time, the same result. */
export interface Authenticator {
  /** A promise only where something has to be computed. */
  apply(request: OutboundRequest, now: Date): OutboundRequest | Promise<OutboundRequest>;
  /** Every secret text that `apply` puts on a request, in the form it has there. */
  secrets: readonly Secret<string>[];
  /** All of the body must be there before `apply`. */
  signsBody?: boolean | undefined;
  /** Where the socket carries the credential. */
  tls?: OwnTls | undefined;
}
