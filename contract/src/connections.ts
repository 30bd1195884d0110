import { z } from 'zod';
import { connectionId } from './ids.ts';
import { authMethodKind } from './integrations.ts';
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

export const connection = z
  .object({
    id: connectionId,
    integration: z.string().describe('The slug.'),
    name: z.string(),
    method: authMethodKind,
    is_default: z.boolean(),
    status: connectionStatus,
    status_reason: z.string().nullable().describe('One plain sentence.'),
    status_since: timestamp,
    account: account.nullable(),
    hint: z.string().nullable().describe('The last 4 characters of a long key; of a short one nothing.'),
    fields: z.record(z.string(), z.string()).describe('The fields that are not secret, such as a subdomain.'),
    last_verdict: verdict.nullable(),
    last_checked_at: timestamp.nullable(),
    next_check_at: timestamp.nullable(),
    last_used_at: timestamp.nullable(),
    has_previous_credential: z
      .boolean()
      .describe('True while a replaced credential can still be rolled back to.'),
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
  method: authMethodKind.optional().describe('The first one of the integration when left out.'),
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
});

export const reconnectConnection = z.strictObject({
  credentials,
  save_unverified: z.boolean().default(false),
});

export const connectionsQuery = z.strictObject({
  integration: z.string().max(100).optional(),
  status: connectionStatus.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

/** One line of "Your connected apps". */
export const connectedApp = z.object({
  integration: z.string(),
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
