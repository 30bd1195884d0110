import { z } from 'zod';
import { connectionId } from './ids.ts';
import { authMethodKind, fact, integrationIcon } from './integrations.ts';
import { timestamp } from './page.ts';
import { account, verdict } from './verdicts.ts';

/** What a person sees of a connection's health, from best to worst. */
export const connectionStatus = z.enum([
  'connected',
  'expiring_soon',
  'limited',
  'out_of_credits',
  'unverified',
  'expired',
  'invalid',
  'revoked',
  'disconnected',
]);
export type ConnectionStatus = z.infer<typeof connectionStatus>;

/** The access token in use: when it was made, when it ends, and when a new one is fetched. Never the token. */
export const tokenState = z.object({
  renewed_at: timestamp.nullable(),
  expires_at: timestamp.nullable().describe('Null: not known; the first sign of its end is a refusal.'),
  next_renewal_at: timestamp.nullable(),
  problem: z.string().nullable().describe('Why the last renewal did not come about, in a sentence.'),
  problem_kind: z
    .enum(['not_now', 'setup_rejected', 'interrupted', 'ended'])
    .nullable()
    .describe('setup_rejected: the one-time sign-in setup is refused; interrupted: the answer was lost.'),
  is_refused: z
    .boolean()
    .describe(
      'The tool refused the present token before its end, and gave no new one since. False: it is used until its end.',
    ),
  ended_because: z
    .enum(['expired', 'revoked', 'rejected', 'renewal_interrupted'])
    .nullable()
    .describe(
      'Why no new one is given any more; null: it is renewed. renewal_interrupted: the answer to a renewal was lost, and the tool does not give it again.',
    ),
});

/** What became of telling the tool that access has ended; it is tried again for a day at least. */
export const withdrawal = z.object({
  state: z
    .enum(['pending', 'withdrawn', 'failed', 'not_offered'])
    .describe(
      'pending: the tool is being told, or is told once no other connection uses the same account. failed: given up; a person can do it. not_offered: the tool takes it from a person alone.',
    ),
  message: z.string().describe('One plain sentence.'),
  url: z.url().nullable().describe('Where a person withdraws it at the tool, where known.'),
  at: timestamp,
});
export type Withdrawal = z.infer<typeof withdrawal>;

export const connection = z
  .object({
    id: connectionId,
    integration: z.string().describe('The slug.'),
    name: z.string(),
    method: authMethodKind,
    method_id: z.string().describe("The method's own id where the integration has two of one kind."),
    is_default: z.boolean(),
    status: connectionStatus,
    status_reason: z.string().nullable().describe('One plain sentence.'),
    status_since: timestamp,
    account: account.nullable(),
    hint: z.string().nullable().describe('The last 4 characters of a long key; of a short one nothing.'),
    fields: z.record(z.string(), z.string()).describe('The fields that are not secret, such as a subdomain.'),
    facts: z
      .array(fact)
      .describe('What is known of the credential and no secret: client e-mail, key id, certificate subject.'),
    expires_at: timestamp
      .nullable()
      .describe(
        'When the access ends: the soonest of what the credential says, the tool says, and was entered.',
      ),
    ends_at: timestamp
      .nullable()
      .describe(
        'The end date that a person entered for the present credential. A new credential has none until one is given with or after it; a roll-back brings the one of its credential back.',
      ),
    rotate_at: timestamp
      .nullable()
      .describe(
        'When people want the present credential replaced. Nothing stops then; they are reminded. It goes with the credential, as `ends_at` does.',
      ),
    granted_scopes: z.array(z.string()).nullable().describe('OAuth: what was granted; null where unknown.'),
    missing_scopes: z.array(z.string()).describe('OAuth: asked for and not granted.'),
    limited_actions: z
      .array(z.object({ name: z.string(), label: z.string() }))
      .describe('Actions that will be refused for want of a scope.'),
    token: tokenState.nullable().describe('Where the connection is used through tokens.'),
    withdrawal: withdrawal.nullable().describe('After disconnecting what was signed in for.'),
    last_verdict: verdict.nullable(),
    last_checked_at: timestamp.nullable(),
    next_check_at: timestamp.nullable(),
    last_used_at: timestamp.nullable(),
    has_previous_credential: z
      .boolean()
      .describe('True while a replaced credential can still be rolled back to.'),
    previous_credential: z
      .object({ hint: z.string().nullable(), replaced_at: timestamp, destroyed_at: timestamp })
      .nullable()
      .describe('The replaced credential while it can be rolled back to; `destroyed_at`: when that ends.'),
    dependents_count: z.int(),
    created_by: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int().describe('The ETag; send it as If-Match with a change.'),
  })
  .meta({ id: 'Connection' });
export type Connection = z.infer<typeof connection>;

const credentials = z.record(z.string().max(100), z.string().max(256 * 1024));
const name = z.string().trim().min(1).max(100);

export const createConnection = z.strictObject({
  integration: z.string().min(1).max(100),
  name: name.optional().describe("The integration's name, numbered where taken, when left out."),
  method: z
    .string()
    .max(100)
    .optional()
    .describe('A kind or the id of a method; the first one of the integration when left out.'),
  credentials: credentials.describe(
    'By field name: {"api_key": "…"}. Connection fields (subdomain) stand here too.',
  ),
  save_unverified: z
    .boolean()
    .default(false)
    .describe(
      'Save even when the check could not be made (rate_limited, unreachable, provider_error); it is made again later.',
    ),
  default: z
    .boolean()
    .default(false)
    .describe('Make it the default; the first of an integration is the default anyway.'),
  ends_at: timestamp.nullable().optional().describe('When the credential ends, where a person knows it.'),
  rotate_at: timestamp.nullable().optional().describe('When the credential is to be replaced.'),
});
export type CreateConnection = z.infer<typeof createConnection>;

export const createdConnection = connection.extend({
  verdict,
  notes: z
    .array(z.string())
    .describe('What was done to the input: "White space around the key was removed."'),
});

/** What verify and rollback answer: the connection as it is now, and the outcome of this check. */
export const checkedConnection = connection.extend({ verdict });

/** What PATCH answers; `verdict` is null where no credentials were given, so that nothing was checked. */
export const updatedConnection = createdConnection.extend({ verdict: verdict.nullable() });

export const updateConnection = z.strictObject({
  name: name.optional(),
  credentials: credentials
    .optional()
    .describe('New credentials: checked first; the old ones stay as previous for a time.'),
  save_unverified: z.boolean().default(false),
  keep_previous_hours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(24)
    .describe('How long the replaced credential can be rolled back to; 0 destroys it at once.'),
  ends_at: timestamp
    .nullable()
    .optional()
    .describe(
      'When the credential ends, where the tool told it to a person alone; null takes it away. With `credentials`: of the new ones; left out, they have none.',
    ),
  rotate_at: timestamp
    .nullable()
    .optional()
    .describe(
      'When the credential is to be replaced; null takes the date away. With `credentials`: when the new ones are; left out, the date is done with and taken away.',
    ),
});

export const reconnectConnection = z.strictObject({
  method: z.string().max(100).optional().describe('Another method of the same integration.'),
  credentials,
  save_unverified: z.boolean().default(false),
  accept_other_account: z
    .boolean()
    .default(false)
    .describe('Go on although the credentials belong to another account than before.'),
});

/** `DELETE /v1/connections/{id}?new_default=`: which connection becomes the default, where a default with others goes. */
export const deleteConnectionQuery = z.strictObject({ new_default: connectionId.optional() });

/**
 * `GET /v1/connections/{id}/credentials`: the one answer that holds a secret. Own scope, always in the audit log. OAuth and
 * service accounts give a token that is fresh.
 */
export const connectionCredentials = z.object({
  connection_id: connectionId,
  integration: z.string(),
  method: authMethodKind,
  credentials: z
    .record(z.string(), z.string())
    .describe(
      'By field name. For token methods {"access_token"}; for an AWS key that takes on a role {"access_key_id", "secret_access_key", "session_token"}.',
    ),
  expires_at: timestamp.nullable().describe('When to fetch them again at the latest.'),
});

export const connectionsQuery = z.strictObject({
  integration: z.string().max(100).optional(),
  status: connectionStatus.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

/**
 * `GET /v1/connections/choices?integration=`: what somebody who uses connections chooses from in a column, also where the
 * workspace keeps its Connections page to owners and admins.
 */
export const connectionChoicesQuery = z.strictObject({ integration: z.string().min(1).max(100) });
export const connectionChoice = z.object({
  id: connectionId,
  name: z.string(),
  is_default: z.boolean(),
  status: connectionStatus,
});
export type ConnectionChoice = z.infer<typeof connectionChoice>;

/** `GET /v1/connections/apps`. */
export const connectedAppsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).optional().describe('Left out: all of them.'),
  cursor: z.string().max(500).optional(),
});

/** One line of "Your connected apps". */
export const connectedApp = z.object({
  integration: z.string(),
  name: z.string().describe('The slug where the catalog no longer has it.'),
  icon: integrationIcon,
  is_custom: z.boolean(),
  is_missing: z
    .boolean()
    .describe('Its catalog file is gone or broken: nothing can use it until that is back.'),
  connection_count: z.int(),
  worst_status: connectionStatus,
  last_used_at: timestamp.nullable(),
});
export type ConnectedApp = z.infer<typeof connectedApp>;

/** An action column (later: sync, token) that uses a connection. */
export const dependent = z.object({
  kind: z.enum(['action_column']),
  id: z.string(),
  name: z.string(),
  table_id: z.string().nullable(),
  table_name: z.string().nullable(),
});
export type Dependent = z.infer<typeof dependent>;

/** One entry of a connection's timeline. */
export const connectionEvent = z.object({
  id: z.string(),
  kind: z.enum([
    'created',
    'checked',
    'renamed',
    'rotated',
    'rolled_back',
    'reconnected',
    'disconnected',
    'made_default',
    'status_changed',
    'authorized',
    'refreshed',
    'refresh_failed',
    'previous_destroyed',
    'credentials_read',
    'address_changed',
    'access_withdrawn',
    'withdrawal_failed',
    'dates_changed',
    'unreadable',
  ]),
  message: z.string(),
  actor: z.string().nullable(),
  at: timestamp,
});
export type ConnectionEvent = z.infer<typeof connectionEvent>;

/** Calls of one hour (or day) through a connection. */
export const usageBucket = z.object({
  from: timestamp,
  calls: z.int(),
  errors: z.int(),
  average_ms: z.number(),
});
export const connectionUsage = z.object({ data: z.array(usageBucket) });
