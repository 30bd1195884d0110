import { deliveryId } from '@keyrail/contract/ids';
import { deliveriesQuery, delivery, deliveryList, type Delivery as Shown } from '@keyrail/contract/notices';
import { pageOf } from '@keyrail/contract/page';
import { z } from 'zod';
import type { Delivery } from '../notices/delivery.ts';
import type { Notices } from '../notices/notices.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export interface DeliveryRoutesDeps {
  notices: Pick<Notices, 'deliveries' | 'resend'>;
}

const tags = ['Notices'];
const policy = { role: 'admin', scope: 'workspace:admin' } as const;

/** `/v1/deliveries`: what was sent where, and what came of it. */
export function deliveryRoutes(app: App, { notices }: DeliveryRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/deliveries',
    config: { policy },
    schema: {
      tags,
      summary: 'What was sent where',
      description: 'Newest first. Kept for 30 days after the last attempt.',
      querystring: deliveriesQuery,
      response: { 200: pageOf(delivery) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        deliveryId,
        ({ limit, after }) =>
          notices.deliveries(request.who, {
            channel: request.query.channel,
            state: request.query.state,
            before: after,
            limit,
          }),
        (row) => row.id,
        presentDelivery,
      ),
  });
  app.route({
    method: 'POST',
    url: '/v1/deliveries/:id/resend',
    config: { policy, sendsOut: true },
    schema: {
      tags,
      summary: 'Send it once more',
      description: 'The same message with the same id, from its first attempt on.',
      params: z.strictObject({ id: deliveryId }),
      response: { 202: deliveryList },
    },
    handler: async (request, reply) => {
      const sent = await notices.resend(request.who, request.params.id);
      return reply.code(202).send({ data: sent.map(presentDelivery) });
    },
  });
}

export function presentDelivery(one: Delivery): Shown {
  return {
    id: one.id,
    channel_kind: one.channelKind,
    channel_id: one.channelId,
    channel_name: one.channelName,
    recipient: one.recipient,
    notice_id: one.noticeId,
    notice_kind: one.noticeKind,
    title: one.title,
    state: one.state,
    attempts: one.attempts,
    last_answer: one.lastAnswer,
    next_attempt_at: one.nextAttemptAt?.toISOString() ?? null,
    created_at: one.createdAt.toISOString(),
    settled_at: one.settledAt?.toISOString() ?? null,
  };
}
