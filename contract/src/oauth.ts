import { z } from 'zod';
import { authorizationId, connectionId, oauthAppId } from './ids.ts';
import { timestamp } from './page.ts';
import { verdict } from './verdicts.ts';

/**
 * The one-time sign-in setup of an integration: the client id and secret under which a workspace, or the operator for all
 * of them, asks for access. `GET /v1/oauth/apps`, `GET/PUT/DELETE /v1/oauth/apps/{integration}`.
 */
export const oauthApp = z
  .object({
    id: oauthAppId.nullable().describe("Null for the operator's."),
    integration: z.string(),
    integration_name: z.string(),
    method: z.string().describe('The id of the method it is for.'),
    set_up_by: z.enum(['workspace', 'operator']),
    client_id: z.string(),
    client_secret_hint: z.string().nullable().describe('The last 4 characters of a long secret.'),
    redirect_uri: z.url(),
    connections_count: z.int().describe('Connections that were signed in under it.'),
    updated_at: timestamp.nullable(),
    updated_by: z.string().nullable(),
    problem: z
      .object({ message: z.string(), since: timestamp })
      .nullable()
      .describe(
        'The tool refuses this client id or secret: all its connections wait for it to be put right.',
      ),
    client_secret_ends_at: timestamp
      .nullable()
      .describe(
        'When the client secret ends, as a person entered it. A new one has no date but one given with it.',
      ),
    rotate_at: timestamp.nullable().describe('When people want the client secret replaced.'),
    previous_secret: z
      .object({ hint: z.string().nullable(), replaced_at: timestamp, destroyed_at: timestamp })
      .nullable()
      .describe('The replaced client secret while it can be rolled back to; `destroyed_at`: when that ends.'),
    version: z.int(),
  })
  .meta({ id: 'OAuthApp' });
export type OAuthApp = z.infer<typeof oauthApp>;

/**
 * What PUT and rollback answer: the setup as it is now, and what the tool said of the client secret.
 * `POST /v1/oauth/apps/{integration}/rollback`: the replaced client secret becomes current again; nobody signs in again.
 * `POST …/destroy-previous`: the replaced one is destroyed now; answers with the setup. 409 `conflict`, reason
 * `no_previous_secret`, where there is none.
 */
export const savedOAuthApp = oauthApp.extend({
  verdict: verdict
    .nullable()
    .describe(
      'Of a client secret that took the place of another one; null where none was checked. unverifiable: the tool does not tell before a secret is used.',
    ),
});
export type SavedOAuthApp = z.infer<typeof savedOAuthApp>;

export const putOAuthApp = z.strictObject({
  client_id: z.string().trim().min(1).max(1_000),
  client_secret: z
    .string()
    .max(4_000)
    .optional()
    .describe('Left out: the stored one stays, as long as the client id does.'),
  address_stamp: z
    .string()
    .max(100)
    .optional()
    .describe(
      'What `setup.address_stamp` of the integration said when the secret was typed. Another address meanwhile: 412 edited_meanwhile.',
    ),
  client_secret_ends_at: timestamp.nullable().optional().describe('Null takes the date away.'),
  rotate_at: timestamp.nullable().optional().describe('Null takes the date away.'),
  keep_previous_hours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(24)
    .describe(
      'How long a replaced secret of the same client id can be rolled back to; 0 destroys it at once.',
    ),
  save_unverified: z
    .boolean()
    .default(false)
    .describe(
      'Save a secret that takes the place of another one even when the tool could not be asked about it, or does not tell (422, verdict unreachable, rate_limited, provider_error or unverifiable). One that it refuses is never saved.',
    ),
  sign_in_again: z
    .boolean()
    .default(false)
    .describe(
      'Go on although connections are signed in under another client id, and will have to sign in again. Without it such a change is refused (conflict, reason client_id_in_use).',
    ),
});

/** `POST /v1/oauth/authorizations`: begins a sign-in at the provider, for a new connection or an existing one. */
export const startAuthorization = z.strictObject({
  integration: z.string().min(1).max(100),
  method: z.string().max(100).optional(),
  connection: connectionId.optional().describe('Sign in again for this one; its id, name and columns stay.'),
  name: z.string().trim().min(1).max(100).optional(),
  fields: z
    .record(z.string().max(100), z.string().max(256 * 1024))
    .default({})
    .describe(
      'Connection fields the addresses depend on, such as a subdomain; and the certificates (PEM) of who vouches for them.',
    ),
  optional_scopes: z.array(z.string().max(300)).max(100).default([]),
  default: z.boolean().default(false),
  accept_other_account: z.boolean().default(false),
});
export type StartAuthorization = z.input<typeof startAuthorization>;

export const startedAuthorization = z.object({
  id: authorizationId,
  authorization_url: z
    .url()
    .describe(
      'To be opened in a new window, in the browser that asked. Null where the same request is repeated.',
    ),
  expires_at: timestamp,
});
export type StartedAuthorization = z.infer<typeof startedAuthorization>;

/** `GET /v1/oauth/authorizations/{id}`: how far it is. */
export const authorization = z
  .object({
    id: authorizationId,
    integration: z.string(),
    state: z
      .enum(['pending', 'finishing', 'choosing', 'connected', 'failed', 'expired'])
      .describe('choosing: the sign-in reaches several accounts; one of `choices` must be chosen.'),
    choices: z
      .array(z.object({ value: z.string(), label: z.string() }))
      .nullable()
      .describe("choosing: sites, organizations or the like, in the tool's order."),
    choice_label: z.string().nullable().describe('What is chosen: "Jira site".'),
    connection_id: connectionId.nullable(),
    reason: z
      .string()
      .nullable()
      .describe(
        'failed: denied, other_account, rejected, setup_rejected, provider_error, unreachable, not_allowed.',
      ),
    message: z.string().nullable().describe('One plain sentence.'),
    next_step: z.string().nullable(),
    expires_at: timestamp,
  })
  .meta({ id: 'Authorization' });
export type Authorization = z.infer<typeof authorization>;

/** `POST /v1/oauth/authorizations/{id}/choose`: which of `choices` the connection is for. Answers as GET does. */
export const chooseAccount = z.strictObject({ value: z.string().min(1).max(500) });

/** What the callback page posts to its opener, to the exact origin: no code, no token, no name. */
export const authorizationMessage = z.object({
  type: z.literal('keyrail.authorization'),
  id: authorizationId,
});
