import type { Secret } from '../lib/secret.ts';
import type { OutboundRequest } from '../outbound/request.ts';

/** What the person entered, by field name, as it was stored. */
export type CredentialFields = Secret<Readonly<Record<string, string>>>;

/** A credential turned into a change of requests. Pure: no clock, no network, the same request gives the same result. */
export interface Authenticator {
  apply(request: OutboundRequest): OutboundRequest;
  /** Every secret text that `apply` puts on a request, in the form it has there. */
  secrets: readonly Secret<string>[];
}
