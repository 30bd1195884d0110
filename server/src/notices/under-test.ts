// What the tests of this room share: the room over a real database, with a clock that is moved by hand, and a receiver.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { TestDatabase } from '../../test/database.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { guardPolicy } from '../outbound/guard-policy.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { budgetStore, usageStore } from '../outbound/store.ts';
import { listen } from '../outbound/under-test.ts';
import { createKeyring } from '../vault/keyring.ts';
import { masterKey } from '../vault/master-key.ts';
import { onlyKey } from '../vault/master-keys.ts';
import { dataKeyStore } from '../vault/store.ts';
import { scopesOfRole } from '../workspaces/policy.ts';
import type { Who } from '../workspaces/who.ts';
import { createDispatchStore } from './dispatch-store.ts';
import type { Subject } from './notice.ts';
import { createNotices, type Notices, type NoticesDeps } from './notices.ts';
import { needAttention, raise, recover } from './raise.ts';
import { createNoticeSweepStore } from './sweep-store.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Stands still until it is moved. */
function handClock(start = new Date('2026-03-01T12:00:00Z')): Clock & { forward(ms: number): void } {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    sleep: () => new Promise(() => {}),
    forward: (ms) => {
      now += ms;
    },
  };
}

export interface Stage {
  notices: Notices;
  clock: ReturnType<typeof handClock>;
  logged: unknown[];
  counted: string[];
  /** An owner of a new workspace. */
  owner(): Promise<Who>;
  /** Makes the attempts that are due, and those that become due by them, until there are none. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

type Options = Partial<Pick<NoticesDeps, 'mailServer' | 'extraCa' | 'settings' | 'mayLeave' | 'outbound'>> & {
  /** Ports of this machine that may be called. */
  ports?: readonly number[];
  clock?: ReturnType<typeof handClock>;
};

const master = masterKey(randomBytes(32));

export function openStage({ db }: TestDatabase, options: Options = {}): Stage {
  const clock = options.clock ?? handClock();
  const logged: unknown[] = [];
  const counted: string[] = [];
  const outbound = createOutbound({
    policy: guardPolicy({
      allowedPrivateHosts: (options.ports ?? []).map((port) => `127.0.0.1:${port}`),
      ownAddresses: [],
      ownHosts: [],
    }),
    budgetStore: budgetStore(db.system),
    usageStore: usageStore(db.system),
  });
  const notices = createNotices({
    transact: db.transact,
    ownTransact: db.transact,
    keyring: createKeyring({ store: dataKeyStore(db.system), masterKeys: onlyKey(master) }),
    outbound,
    mailServer: null,
    ownUrl: 'https://keyrail.example.com',
    dispatchStore: createDispatchStore(db.system),
    sweepStore: createNoticeSweepStore(db.system),
    random: () => 0.5,
    count: (kind, outcome) => counted.push(`${kind} ${outcome}`),
    log: { warn: (...line) => logged.push(line) },
    ...options,
    clock,
  });
  return {
    notices,
    clock,
    logged,
    counted,
    owner: async () => {
      const workspaceId = newId<WorkspaceId>('wsp');
      const userId = newId<UserId>('usr');
      await db.system.insertInto('workspaces').values({ id: workspaceId, name: 'Acme <Ltd>' }).execute();
      await db.system
        .insertInto('users')
        .values({ id: userId, email: `${userId}@example.com`, name: 'Olive', password_hash: 'none' })
        .execute();
      await db.system
        .insertInto('members')
        .values({
          ...{ workspace_id: workspaceId, user_id: userId, role: 'owner' },
          created_at: new Date('2026-01-01T00:00:00Z'),
        })
        .execute();
      return {
        workspaceId,
        userId,
        tokenId: null,
        role: 'owner',
        scopes: scopesOfRole.owner,
        connectionIds: null,
        label: 'Olive',
        ip: '127.0.0.1',
      };
    },
    drain: async () => {
      for (;;) {
        const begun = await notices.dispatcher.look();
        if (begun.length === 0) return;
        await Promise.all(begun);
      }
    },
    close: () => outbound.close(),
  };
}

export const SALES: Subject = {
  kind: 'connection',
  id: newId<string>('con'),
  name: 'Sales',
  integration: 'acme',
};

/** It stopped, as the rooms above tell it. */
export function breakDown(
  { db }: TestDatabase,
  { workspaceId }: Who,
  at: Date,
  more: { subject?: Subject; about?: string; message?: string; title?: string } = {},
): Promise<boolean> {
  const subject = more.subject ?? SALES;
  return db.transact(workspaceId, (tx) =>
    needAttention(tx, {
      workspaceId,
      subject,
      about: more.about ?? 'invalid',
      title: more.title ?? `Acme needs attention: ${subject.name}`,
      message: more.message ?? 'Acme did not accept this key. Enter another one.',
      whenOver: { title: `Acme works again: ${subject.name}`, message: 'It can be used again.' },
      at,
    }),
  );
}

export function heal(
  { db }: TestDatabase,
  { workspaceId }: Who,
  at: Date,
  more: { subject?: Subject; isProven?: boolean } = {},
): Promise<void> {
  const { subject = SALES, isProven = false } = more;
  return db.transact(workspaceId, (tx) => recover(tx, { workspaceId, subject, at, isProven }));
}

export function warn(
  { db }: TestDatabase,
  { workspaceId }: Who,
  at: Date,
  days: number,
  subject: Subject = SALES,
): Promise<boolean> {
  return db.transact(workspaceId, (tx) =>
    raise(tx, {
      workspaceId,
      kind: 'expires_soon',
      subject,
      about: 'credential',
      eventKey: `expires:${subject.id}:2026-06-01:${days}`,
      title: `Acme ends in ${days} days: ${subject.name}`,
      message: 'Replace it before, and nothing stops.',
      at,
    }),
  );
}

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  port: number;
  url(path?: string): string;
  received: Received[];
  /** How it answers from now on. */
  answers(with_: (response: ServerResponse, request: IncomingMessage) => void): void;
  close(): Promise<void>;
}

export const status =
  (code: number, headers: Record<string, string> = {}, body = '') =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers);
    response.end(body);
  };

/** Somebody's server that takes messages. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let answer: (response: ServerResponse, request: IncomingMessage) => void = status(200);
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString('utf8'),
      });
      answer(response, request);
    });
  });
  const { port, close } = await listen(server, '127.0.0.1');
  return {
    port,
    url: (path = '/hooks') => `http://127.0.0.1:${port}${path}`,
    received,
    answers: (next) => {
      answer = next;
    },
    close,
  };
}
