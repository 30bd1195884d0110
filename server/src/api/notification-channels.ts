import { channelId } from '@keyrail/contract/ids';
import {
  createNotificationChannel,
  deliveryList,
  notificationChannel,
  notificationChannelList,
  updateNotificationChannel,
} from '@keyrail/contract/notices';
import { z } from 'zod';
import type { Notices } from '../notices/notices.ts';
import { presentDelivery } from './deliveries.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { presentChannel } from './present-notification-channel.ts';
import type { App } from './route.ts';

export interface ChannelRoutesDeps {
  notices: Pick<
    Notices,
    | 'isEmailAvailable'
    | 'channels'
    | 'channel'
    | 'createChannel'
    | 'updateChannel'
    | 'removeChannel'
    | 'sendTest'
  >;
}

const tags = ['Notices'];
const policy = { role: 'admin', scope: 'workspace:admin' } as const;
const params = z.strictObject({ id: channelId });
/** More than a workspace has. */
const ALL = 200;

/** `/v1/notification-channels`: e-mail and chat. */
export function notificationChannelRoutes(app: App, { notices }: ChannelRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/notification-channels',
    config: { policy },
    schema: {
      tags,
      summary: 'Where notices go by e-mail and chat',
      response: { 200: notificationChannelList },
    },
    handler: async (request) => {
      const found = await notices.channels(request.who, 'channel', { before: null, limit: ALL });
      return { data: found.map(presentChannel), is_email_available: notices.isEmailAvailable };
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/notification-channels',
    config: { policy },
    schema: {
      tags,
      summary: 'Send notices to more people',
      description:
        'E-mail goes out one by one, so that nobody sees the other addresses. The URL of an incoming webhook is stored encrypted and not shown again.',
      body: createNotificationChannel,
      response: { 201: notificationChannel },
    },
    handler: async (request, reply) => {
      const { channel } = await notices.createChannel(request.who, request.body);
      setVersion(reply, channel.version);
      return reply.code(201).send(presentChannel(channel));
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/notification-channels/:id',
    config: { policy },
    schema: { tags, summary: 'One channel', params, response: { 200: notificationChannel } },
    handler: async (request, reply) => {
      const channel = await notices.channel(request.who, 'channel', request.params.id);
      setVersion(reply, channel.version);
      return presentChannel(channel);
    },
  });
  app.route({
    method: 'PATCH',
    url: '/v1/notification-channels/:id',
    config: { policy },
    schema: {
      tags,
      summary: 'Change, pause or resume a channel',
      description: 'What happens while it is paused is not sent there later.',
      params,
      body: updateNotificationChannel,
      response: { 200: notificationChannel },
    },
    handler: async (request, reply) => {
      const { is_paused: isPaused, ...given } = request.body;
      const channel = await notices.updateChannel(
        request.who,
        'channel',
        request.params.id,
        { ...given, isPaused },
        expectedVersion(request),
      );
      setVersion(reply, channel.version);
      return presentChannel(channel);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/notification-channels/:id',
    config: { policy },
    schema: {
      tags,
      summary: 'Delete a channel, with the log of what was sent there',
      params,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await notices.removeChannel(request.who, 'channel', request.params.id, expectedVersion(request));
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/notification-channels/:id/test',
    config: { policy, sendsOut: true },
    schema: {
      tags,
      summary: 'Send a test message',
      description:
        'The answer has the deliveries as they begin; what came of them stands in `/v1/deliveries`.',
      params,
      response: { 202: deliveryList },
    },
    handler: async (request, reply) => {
      const made = await notices.sendTest(request.who, 'channel', request.params.id);
      return reply.code(202).send({ data: made.map(presentDelivery) });
    },
  });
}
