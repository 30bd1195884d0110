import { z } from 'zod';

/**
 * Every error the API can answer with: its HTTP status and its one public sentence. The list is closed; a code
 * never gets a second meaning. Where a sentence alone does not help, the answer carries `detail`, `fields`,
 * `reason` or `verdict` beside it.
 */
export const errorCodes = {
  invalid_input: { status: 400, title: 'Something in the request is not valid.' },
  unauthenticated: { status: 401, title: 'Sign in, or send a valid API token.' },
  forbidden: { status: 403, title: 'Your role or token does not allow this.' },
  not_found: { status: 404, title: 'There is nothing here by that name.' },
  method_not_allowed: { status: 405, title: 'This address does not take that method.' },
  conflict: { status: 409, title: 'This does not fit the present state.' },
  edited_meanwhile: { status: 412, title: 'Somebody else changed this in the meantime. Load it again.' },
  connection_missing: { status: 409, title: 'There is no connection for this integration.' },
  connection_broken: { status: 409, title: 'The connection does not work at the moment. Reconnect it.' },
  too_large: { status: 413, title: 'That is larger than this server takes.' },
  unsupported_media_type: { status: 415, title: 'That kind of content is not taken here.' },
  credential_rejected: { status: 422, title: 'The credentials did not pass the check. Nothing was saved.' },
  setup_missing: { status: 409, title: 'The one-time sign-in setup of this integration is missing.' },
  path_outside_base: { status: 400, title: "That path leaves the integration's address." },
  token_refresh_in_progress: {
    status: 503,
    title: 'The token is being renewed and took longer than usual. Try again shortly.',
  },
  quarantined: {
    status: 503,
    title:
      'This server is paused: its database looks like a copy. Nothing is sent until its operator says which it is.',
  },
  egress_denied: { status: 422, title: 'This server does not call that address.' },
  too_many_requests: { status: 429, title: 'Too many requests. Wait, then try again.' },
  internal: { status: 500, title: 'Keyrail failed here. The log has the details under this request id.' },
  upstream_unreachable: { status: 502, title: 'The other side could not be reached.' },
  upstream_invalid_response: { status: 502, title: 'The other side answered with something unreadable.' },
  upstream_too_large: { status: 502, title: 'The other side answered with more than this server takes.' },
  upstream_tls: { status: 502, title: 'The other side has no valid certificate.' },
  unavailable: { status: 503, title: 'Keyrail cannot do this right now. Try again shortly.' },
  upstream_timeout: { status: 504, title: 'The other side did not answer in time.' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** One field of the request that is not as it should be: `path` in dots ("credentials.api_key"). */
export const fieldProblem = z.object({ path: z.string(), message: z.string() });
export type FieldProblem = z.infer<typeof fieldProblem>;
