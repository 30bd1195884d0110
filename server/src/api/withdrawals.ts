import { withdrawalId } from '@keyrail/contract/ids';
import { pageOf } from '@keyrail/contract/page';
import { type WithdrawalEntry, withdrawalEntry, withdrawalsQuery } from '@keyrail/contract/withdrawals';
import { z } from 'zod';
import type { ListedWithdrawal } from '../connections/withdrawals/withdrawal.ts';
import type { Withdrawals } from '../connections/withdrawals/withdrawals.ts';
import { pageFrom } from './page.ts';
import { presentWithdrawal } from './present-withdrawal.ts';
import type { App } from './route.ts';

export interface WithdrawalRoutesDeps {
  withdrawals: Pick<Withdrawals, 'list' | 'dismiss'>;
}

const tags = ['Connections'];

/** `/v1/withdrawals`: access that is no longer used here, and what the tools were told of it. */
export function withdrawalRoutes(app: App, { withdrawals }: WithdrawalRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/withdrawals',
    config: { policy: { role: 'admin', scope: 'connections:read' } },
    schema: {
      tags,
      summary: 'Access that was given up, and whether it is withdrawn at the tool',
      description:
        'Newest first, of deleted connections, too. What could not be withdrawn stays until it is dismissed.',
      querystring: withdrawalsQuery,
      response: { 200: pageOf(withdrawalEntry) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        withdrawalId,
        ({ limit, after }) =>
          withdrawals.list(request.who, { limit, before: after, state: request.query.state }),
        (row) => row.id,
        presentEntry,
      ),
  });
  app.route({
    method: 'DELETE',
    url: '/v1/withdrawals/:id',
    config: { policy: { role: 'admin', scope: 'connections:write' } },
    schema: {
      tags,
      summary: 'Dismiss what could not be withdrawn',
      description:
        'Once somebody has withdrawn the access at the tool. 409 while the tool is still being told.',
      params: z.strictObject({ id: withdrawalId }),
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await withdrawals.dismiss(request.who, request.params.id);
      return reply.code(204).send(null);
    },
  });
}

function presentEntry(one: ListedWithdrawal): WithdrawalEntry {
  return {
    ...presentWithdrawal(one),
    id: one.id,
    integration: one.integration,
    integration_name: one.integrationName,
    connection_id: one.connectionId,
    connection_name: one.connectionName,
    is_connection_deleted: one.isConnectionDeleted,
    account: one.accountName,
    because: one.because,
    provider_message: one.words,
    attempts: one.attempts,
    next_attempt_at: one.nextAttemptAt?.toISOString() ?? null,
    created_at: one.createdAt.toISOString(),
  };
}
