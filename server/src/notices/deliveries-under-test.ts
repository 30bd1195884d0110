import { sql } from 'kysely';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { systemClock } from '../lib/clock.ts';
import type { Who } from '../workspaces/who.ts';
import { breakDown, openStage, type Receiver, type Stage, startReceiver, status } from './under-test.ts';

export const ALL = ['needs_attention', 'expires_soon', 'recovered'] as const;

export let database: TestDatabase;
export let receiver: Receiver;
export let slow: Receiver;
export let stage: Stage;
export let who: Who;

/** Somebody of another workspace does what follows. */
export function actAs(other: Who): void {
  who = other;
}

/** Two receivers and a stage between, for the tests of one file; nothing is left waiting before a test. */
export function useReceivers(): void {
  beforeAll(async () => {
    database = await freshDatabase();
    receiver = await startReceiver();
    slow = await startReceiver();
    stage = openStage(database, { ports: [receiver.port, slow.port] });
  });
  beforeEach(async () => {
    receiver.received.length = 0;
    slow.received.length = 0;
    receiver.answers(status(200));
    slow.answers(status(200));
    who = await stage.owner();
    // What the test before left waiting.
    await sql`delete from deliveries`.execute(database.db.system);
  });
  afterAll(async () => {
    await receiver.close();
    await slow.close();
    await stage.close();
    await database.close();
  });
}

export const now = () => stage.clock.now();
export async function webhook(url = receiver.url()) {
  const made = await stage.notices.createChannel(who, { kind: 'webhook', url, kinds: ALL });
  return { id: made.channel.id, secret: made.secret?.reveal() ?? '' };
}
export const channel = (id: string) => stage.notices.channel(who, 'webhook', id);
export async function log(channelId?: string) {
  const found = await stage.notices.deliveries(who, {
    channel: channelId,
    state: undefined,
    before: null,
    limit: 50,
  });
  return found.map(({ state, attempts, lastAnswer }) => `${state} ${attempts} ${lastAnswer}`);
}
export const verified = (secret: string, index = 0): unknown => {
  const one = receiver.received[index];
  return new StandardWebhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>);
};
export const trouble = () => breakDown(database, who, now());

/** The library looks at the wall's clock. */
export function atWallTime(): Stage {
  const wall = { ...systemClock, forward: () => {}, sleep: () => new Promise<void>(() => {}) };
  return openStage(database, { ports: [receiver.port], clock: wall });
}
