import { webhookId } from '@keyrail/contract/ids';
import {
  createdWebhook,
  createWebhook,
  deliveryList,
  updateWebhook,
  webhook,
} from '@keyrail/contract/notices';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import type { Notices } from '../notices/notices.ts';
import { presentDelivery } from './deliveries.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { pageFrom } from './page.ts';
import { presentWebhook } from './present-notification-channel.ts';
import type { App } from './route.ts';

export interface WebhookRoutesDeps {
  notices: Pick<
    Notices,
    'channels' | 'channel' | 'createChannel' | 'updateChannel' | 'removeChannel' | 'rotateSecret' | 'sendTest'
  >;
}

const tags = ['Notices'];
const policy = { role: 'admin', scope: 'workspace:admin' } as const;
const params = z.strictObject({ id: webhookId });

/** `/v1/webhooks`: notices to one's own code, signed as Standard Webhooks says. */
export function webhookRoutes(
  app: App,
  { notices }: WebhookRoutesDeps,
  { clock }: { clock: Pick<Clock, 'now'> },
): void {
  app.route({
    method: 'GET',
    url: '/v1/webhooks',
    config: { policy },
    schema: {
      tags,
      summary: 'The webhooks of the workspace',
      querystring: pageQuery,
      response: { 200: pageOf(webhook) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        webhookId,
        ({ limit, after }) => notices.channels(request.who, 'webhook', { before: after, limit }),
        (row) => row.id as z.infer<typeof webhookId>,
        (row) => presentWebhook(row, clock.now()),
      ),
  });
  app.route({
    method: 'POST',
    url: '/v1/webhooks',
    config: { policy, shownOnce: ['secret'] },
    schema: {
      tags,
      summary: 'Send notices to your own code',
      description:
        'Messages are signed as Standard Webhooks says (webhook-id, webhook-timestamp, webhook-signature); any of its libraries checks them. The answer holds the signing secret, this one time. A receiver gets 10 seconds and eight attempts within a day, each with the same webhook-id; 410 stops it.',
      body: createWebhook,
      response: { 201: createdWebhook },
    },
    handler: async (request, reply) => {
      const { channel, secret } = await notices.createChannel(request.who, {
        kind: 'webhook',
        ...request.body,
      });
      setVersion(reply, channel.version);
      const shown = presentWebhook(channel, clock.now());
      return reply.code(201).send({ ...shown, secret: secret?.reveal() ?? null });
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/webhooks/:id',
    config: { policy },
    schema: { tags, summary: 'One webhook', params, response: { 200: webhook } },
    handler: async (request, reply) => {
      const channel = await notices.channel(request.who, 'webhook', request.params.id);
      setVersion(reply, channel.version);
      return presentWebhook(channel, clock.now());
    },
  });
  app.route({
    method: 'PATCH',
    url: '/v1/webhooks/:id',
    config: { policy },
    schema: {
      tags,
      summary: 'Change, pause or resume a webhook',
      description:
        'The signing secret stays when the address changes: it is never sent. What happens while it is paused is not sent later.',
      params,
      body: updateWebhook,
      response: { 200: webhook },
    },
    handler: async (request, reply) => {
      const { is_paused: isPaused, ...given } = request.body;
      const channel = await notices.updateChannel(
        request.who,
        'webhook',
        request.params.id,
        { ...given, isPaused },
        expectedVersion(request),
      );
      setVersion(reply, channel.version);
      return presentWebhook(channel, clock.now());
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/webhooks/:id',
    config: { policy },
    schema: {
      tags,
      summary: 'Delete a webhook, with the log of what was sent there',
      params,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await notices.removeChannel(request.who, 'webhook', request.params.id, expectedVersion(request));
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/webhooks/:id/rotate-secret',
    config: { policy, shownOnce: ['secret'] },
    schema: {
      tags,
      summary: 'A new signing secret',
      description:
        'For 24 hours messages are signed with the one before, too. The answer holds the new one, this one time.',
      params,
      response: { 200: createdWebhook },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { channel, secret } = await notices.rotateSecret(request.who, id, expectedVersion(request));
      setVersion(reply, channel.version);
      return { ...presentWebhook(channel, clock.now()), secret: secret.reveal() };
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/webhooks/:id/test',
    config: { policy, sendsOut: true },
    schema: {
      tags,
      summary: 'Send a test message',
      description: 'Of the type `test`. What came of it stands in `/v1/deliveries`.',
      params,
      response: { 202: deliveryList },
    },
    handler: async (request, reply) => {
      const made = await notices.sendTest(request.who, 'webhook', request.params.id);
      return reply.code(202).send({ data: made.map(presentDelivery) });
    },
  });
}
