import { z } from 'zod';
import { withdrawal } from './connections.ts';
import { connectionId, withdrawalId } from './ids.ts';
import { timestamp } from './page.ts';

/**
 * Access that a person had given by signing in, and that nobody uses here any more: what became of telling the tool so.
 * `GET /v1/withdrawals` also shows those of connections that are deleted.
 */
export const withdrawalEntry = withdrawal
  .extend({
    id: withdrawalId,
    integration: z.string().describe('The slug.'),
    integration_name: z.string(),
    connection_id: connectionId
      .nullable()
      .describe('Null: the sign-in was refused before a connection came of it.'),
    connection_name: z.string().nullable(),
    is_connection_deleted: z.boolean(),
    account: z.string().nullable().describe('Whose access it was, where known.'),
    because: z
      .enum(['disconnected', 'deleted', 'replaced', 'address_changed', 'sign_in_refused', 'renewed_too_late'])
      .describe('Why the access is no longer wanted.'),
    provider_message: z.string().nullable().describe("The tool's own words, secrets removed."),
    attempts: z.int().describe('How often the tool was told.'),
    next_attempt_at: timestamp
      .nullable()
      .describe('pending: when it is told again. Null: once no other connection uses the same account.'),
    created_at: timestamp,
  })
  .meta({ id: 'Withdrawal' });
export type WithdrawalEntry = z.infer<typeof withdrawalEntry>;

/** Newest first. `state` several times over is not needed: left out, all of them. */
export const withdrawalsQuery = z.strictObject({
  state: withdrawal.shape.state.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

/**
 * `DELETE /v1/withdrawals/{id}`: somebody has seen it (and withdrew the access at the tool themselves); it is shown no more.
 * 409 `conflict`, reason `still_pending`, while the tool is still being told.
 */
