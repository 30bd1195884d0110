import type { Clock } from '../lib/clock.ts';
import type { Secret } from '../lib/secret.ts';
import type { Transact } from '../lib/tx.ts';
import type { Outbound } from '../outbound/call.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Who } from '../workspaces/who.ts';
import { type AttemptDeps, attempt } from './attempt.ts';
import type { Channel } from './channel.ts';
import * as channels from './channels.ts';
import * as deliveries from './deliveries.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryFilter } from './delivery-store.ts';
import type { DispatchStore } from './dispatch-store.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import * as look from './look.ts';
import type { MailServer } from './mail-server.ts';
import { DEFAULT_NOTICE_SETTINGS, type NoticeSettings } from './settings.ts';
import { sweep } from './sweep.ts';
import type { NoticeSweepStore } from './sweep-store.ts';

export interface NoticesDeps {
  /** For people's requests. */
  transact: Transact;
  /** For what goes on by itself. */
  ownTransact: Transact;
  clock: Clock;
  keyring: Keyring;
  outbound: Outbound;
  mailServer: MailServer | null;
  extraCa?: readonly string[];
  ownUrl: string;
  dispatchStore: DispatchStore;
  sweepStore: NoticeSweepStore;
  settings?: Partial<NoticeSettings>;
  /** Throws where nothing may leave this server now. */
  mayLeave?: () => undefined | Promise<void>;
  count?: AttemptDeps['count'];
  random?: () => number;
  log: { warn(fields: object, message: string): void };
}

type Family = channels.Family;

/** The room, as compose builds it and as the API uses it. Other rooms tell of events with the functions of `raise.ts`. */
export interface Notices {
  list(who: Who, page: look.NoticesPage): Promise<{ notices: look.Listed[]; unreadCount: number }>;
  markRead(who: Who, until: string): Promise<void>;

  isEmailAvailable: boolean;
  channels(who: Who, family: Family, page: { before: string | null; limit: number }): Promise<Channel[]>;
  channel(who: Who, family: Family, id: string): Promise<Channel>;
  /** `secret`: what a webhook's messages are signed with, this one time. */
  createChannel(
    who: Who,
    given: channels.NewChannel,
  ): Promise<{ channel: Channel; secret: Secret<string> | null }>;
  /** `version`: what the caller last saw (If-Match); null: whatever there is. */
  updateChannel(
    who: Who,
    family: Family,
    id: string,
    given: channels.GivenChange,
    version: number | null,
  ): Promise<Channel>;
  removeChannel(who: Who, family: Family, id: string, version: number | null): Promise<void>;
  rotateSecret(
    who: Who,
    id: string,
    version: number | null,
  ): Promise<{ channel: Channel; secret: Secret<string> }>;

  deliveries(who: Who, filter: DeliveryFilter): Promise<Delivery[]>;
  sendTest(who: Who, family: Family, id: string): Promise<Delivery[]>;
  resend(who: Who, id: string): Promise<Delivery[]>;

  dispatcher: Dispatcher;
  /** Job `notices.sweep`. */
  sweep(): Promise<void>;
}

export function createNotices(given: NoticesDeps): Notices {
  const settings = { ...DEFAULT_NOTICE_SETTINGS, ...given.settings };
  const isEmailAvailable = given.mailServer !== null;
  const deps = { ...given, settings, isEmailAvailable };
  const own = {
    ...deps,
    transact: given.ownTransact,
    random: given.random ?? Math.random,
    count: given.count ?? (() => {}),
  };
  return {
    list: (who, page) => look.list(deps, who, page),
    markRead: (who, until) => look.markRead(deps, who, until),
    isEmailAvailable,
    channels: (who, family, page) => channels.list(deps, who, family, page),
    channel: (who, family, id) => channels.get(deps, who, family, id),
    createChannel: (who, made) => channels.create(deps, who, made),
    updateChannel: (who, family, id, change, version) =>
      channels.update(deps, who, family, id, change, version),
    removeChannel: (who, family, id, version) => channels.remove(deps, who, family, id, version),
    rotateSecret: (who, id, version) => channels.rotateSecret(deps, who, id, version),
    deliveries: (who, filter) => deliveries.list(deps, who, filter),
    sendTest: (who, family, id) => deliveries.sendTest(deps, who, family, id),
    resend: (who, id) => deliveries.resend(deps, who, id),
    dispatcher: createDispatcher({
      ...deps,
      store: given.dispatchStore,
      attempt: (taken) => attempt(own, taken),
    }),
    sweep: () => sweep(own),
  };
}
