import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { OwnTls } from './credential-source.ts';

/** Sockets of one client certificate and of those who are believed: they are never used for others, nor for none. */
export interface ClientSockets {
  /** To be used at once: a pool that waits may be closed. */
  for(tls: OwnTls): Dispatcher;
  /** Closes the pools that nobody used for a while; with them the key leaves the memory. */
  prune(): void;
  close(): Promise<void>;
}

interface Deps {
  clock: Pick<Clock, 'now'>;
  open(tls: OwnTls): Dispatcher;
}

interface Pool {
  dispatcher: Dispatcher;
  usedAt: number;
}

/** Beyond them the one unused for longest goes; its calls end as they began. */
const MAX_POOLS = 64;
const KEPT_UNUSED_MS = 60_000;

export function createClientSockets({ clock, open }: Deps): ClientSockets {
  // In the order of use: the first is the one unused for longest.
  const pools = new Map<string, Pool>();

  function drop(id: string, pool: Pool): void {
    pools.delete(id);
    // What is under way ends as it began. A failure to close is the socket's own, and it is gone either way.
    pool.dispatcher.close().catch(() => {});
  }

  return {
    for: (tls) => {
      const { id } = tls;
      const known = pools.get(id);
      const dispatcher = known?.dispatcher ?? open(tls);
      pools.delete(id);
      pools.set(id, { dispatcher, usedAt: clock.now().getTime() });
      const oldest = pools.entries().next().value;
      if (pools.size > MAX_POOLS && oldest !== undefined) drop(...oldest);
      return dispatcher;
    },
    prune: () => {
      const until = clock.now().getTime() - KEPT_UNUSED_MS;
      for (const [id, pool] of pools) if (pool.usedAt <= until) drop(id, pool);
    },
    close: async () => {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.dispatcher.destroy()));
    },
  };
}

/** A client certificate with its key and, where the server is no public one, who vouches for it. */
export function clientCertificate(
  certificate: string,
  key: Secret<string>,
  authorities: string | null,
): OwnTls {
  const client = { certificate, key: new Secret(key.reveal()) };
  return { id: idOf(client, authorities), client, authorities };
}

/** The same sockets, and who else is believed on them. */
export function believing(tls: OwnTls | undefined, authorities: string): OwnTls {
  const client = tls?.client ?? null;
  const all = (tls?.authorities ?? '') + authorities;
  return { id: idOf(client, all), client, authorities: all };
}

function idOf(client: OwnTls['client'], authorities: string | null): string {
  const parts = [client?.certificate ?? null, client?.key.reveal() ?? null, authorities ?? ''];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
