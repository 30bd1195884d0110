import { sql } from 'kysely';
import pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import type { Tx } from '../lib/tx.ts';
import { queries } from './open.ts';

interface ListenDeps {
  clock: Clock;
  log: { warn(fields: object, message: string): void };
}

export interface Listener {
  /**
   * Calls `onMessage` with the payload of every message on the channel, from every process; and `onGap` after the
   * connection was lost and is back: messages sent in between are gone, so look at the tables. `onLost`: when it is lost.
   * Returns "stop".
   */
  listen(
    channel: string,
    onMessage: (payload: string) => void,
    onGap?: () => void,
    onLost?: () => void,
  ): Promise<() => Promise<void>>;
  /** Runs a statement on this very connection, such as taking a lock that is to last as long as it does. */
  run(statement: string): Promise<void>;
  close(): Promise<void>;
}

interface Subscription {
  channel: string;
  onMessage: (payload: string) => void;
  onGap: (() => void) | undefined;
  onLost: (() => void) | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
const LONGEST_PAUSE_MS = 5_000;

/** Sends when the transaction commits, and not at all when it does not. At most 8000 bytes: send an id, not the thing. */
export async function notify(tx: Tx, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(queries(tx));
}

/**
 * Listens on one connection of its own: LISTEN belongs to a connection, and one from a pool would be handed to others.
 *
 *   connecting → listening → [connection lost] → connecting (with growing pauses) → listening, onGap → … → closed
 */
export async function openListener(deps: ListenDeps, url: string): Promise<Listener> {
  const subscriptions = new Set<Subscription>();
  const closing = new AbortController();
  let client: pg.Client | null = null;

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'keyrail listen',
      keepAlive: true,
    });
    const lost = () => {
      if (client !== fresh) return;
      client = null;
      for (const { onLost } of subscriptions) onLost?.();
      void reconnect();
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', ({ channel, payload }) => {
      for (const subscription of subscriptions) {
        if (subscription.channel === channel) subscription.onMessage(payload ?? '');
      }
    });
    await fresh.connect();
    for (const channel of new Set([...subscriptions].map((one) => one.channel)))
      await listenOn(fresh, channel);
    client = fresh;
  }

  async function reconnect(): Promise<void> {
    for (let pauseMs = 100; !closing.signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await deps.clock.sleep(pauseMs, closing.signal);
        await connect();
        for (const { onGap } of subscriptions) onGap?.();
        return;
      } catch (error) {
        if (!closing.signal.aborted)
          deps.log.warn({ err: error }, 'cannot listen to the database: trying again');
      }
    }
  }

  await connect();
  return {
    listen: async (channel, onMessage, onGap, onLost) => {
      const subscription = { channel, onMessage, onGap, onLost };
      subscriptions.add(subscription);
      // While the connection is lost, connecting again picks the new channel up.
      if (client) await listenOn(client, channel);
      return async () => {
        subscriptions.delete(subscription);
        const isLast = ![...subscriptions].some((other) => other.channel === channel);
        // A connection that is lost meanwhile listens to nothing more: nobody has to know.
        if (isLast) await client?.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => {});
      };
    },
    run: async (statement) => {
      await client?.query(statement);
    },
    close: async () => {
      closing.abort();
      const last = client;
      client = null;
      await last?.end();
    },
  };
}

async function listenOn(client: pg.Client, channel: string): Promise<void> {
  await client.query(`listen ${pg.escapeIdentifier(channel)}`);
}
