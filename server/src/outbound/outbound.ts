import type { Agent } from 'undici';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createBudget, type PauseStore } from './budget.ts';
import type { AddressCheck, Outbound } from './call.ts';
import { type ClientSockets, createClientSockets } from './client-sockets.ts';
import { type ClockSkew, createSkewWatch } from './clock-skew.ts';
import { type ConnectDeps, ConnectFailure, checkedAddresses, guardedConnector } from './connect.ts';
import type { OwnTls } from './credential-source.ts';
import { makeCall } from './engine.ts';
import { checkUrl, type GuardPolicy, portOf } from './guard.ts';
import { defaultLimits, type OutboundLimits } from './limits.ts';
import type { BudgetStore } from './reservations.ts';
import { type Resolve, systemResolve } from './resolve.ts';
import { makeStreamCall } from './stream.ts';
import { noUpstreams, throughUpstreams, type Upstreams } from './upstreams.ts';
import { createUsage, type UsageStore } from './usage.ts';

export interface OutboundOptions {
  policy: GuardPolicy;
  budgetStore: BudgetStore & PauseStore;
  usageStore: UsageStore;
  /** KEYRAIL_UPSTREAMS. */
  upstreams?: Upstreams;
  limits?: Partial<OutboundLimits>;
  clock?: Clock;
  resolve?: Resolve;
  /** Certificates the operator trusts beside the public ones, PEM. */
  extraCa?: readonly string[];
  /** How often counts are written and pauses of other processes read. */
  flushEveryMs?: number;
  /** Asked before every call; throws where nothing may leave now. A promise where that is not known yet. */
  mayLeave?: () => undefined | Promise<void>;
  /** Where a flush fails; it is tried again with the next. */
  onFlushError?: (error: unknown) => void;
  /** Where the last counts could not be written at the close: of so many calls. */
  onLost?: (error: unknown, calls: number) => void;
  random?: () => number;
}

export interface RunningOutbound extends Outbound, ClockSkew {
  /** Writes the counts there are. */
  flush(): Promise<void>;
  /** Waits for nothing: breaks what is under way, writes the counts. Drain before. */
  close(): Promise<void>;
}

/** Sockets to one origin; beyond them calls wait their turn. */
const CONNECTIONS_PER_ORIGIN = 256;
/** Shorter than the idle limits of common servers and balancers: a call on a socket that is just being closed may have happened. */
const KEEP_ALIVE_MS = 4_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Longer than any window an integration documents (a month). */
const BUDGET_KEPT_MS = 40 * 86_400_000;

/** The sockets that most calls share, and those of each client certificate. */
interface Sockets {
  dispatcher: Agent;
  clientSockets: ClientSockets;
}

/** Builds the engine. Every call to a third party goes through what this returns. */
export function createOutbound(options: OutboundOptions): RunningOutbound {
  const limits = { ...defaultLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const resolve = options.resolve ?? systemResolve({ timeoutMs: limits.connectTimeoutMs });
  const { policy } = options;
  const connecting = {
    policy,
    resolve,
    connectTimeoutMs: limits.connectTimeoutMs,
    extraCa: options.extraCa ?? [],
  };
  let sockets: Promise<Sockets> | null = null;
  const budget = createBudget({ store: options.budgetStore, clock, limits });
  const usage = createUsage({ store: options.usageStore, clock });
  const upstreams = options.upstreams ?? noUpstreams;
  const random = options.random ?? Math.random;
  const skew = createSkewWatch(clock);
  const mayLeave = options.mayLeave ?? (() => undefined);
  const engine = { limits, policy, upstreams, budget, usage, clock, random, skew };

  const flush = async () => {
    (await sockets)?.clientSockets.prune();
    await Promise.all([usage.flush(), budget.refresh()]);
  };
  const prune = async () => {
    await Promise.all([usage.prune(), options.budgetStore.prune(BUDGET_KEPT_MS)]);
  };
  const timers = [
    repeating(flush, options.flushEveryMs ?? 1_000, options.onFlushError),
    repeating(prune, PRUNE_EVERY_MS, options.onFlushError),
  ];

  return {
    call: async (call) => {
      await mayLeave();
      sockets ??= openSockets(connecting, clock);
      return makeCall({ ...engine, ...(await sockets) }, call);
    },
    stream: async (call) => {
      await mayLeave();
      sockets ??= openSockets(connecting, clock);
      return makeStreamCall({ ...engine, ...(await sockets) }, call);
    },
    check: (url) => checkAddress({ policy, resolve, upstreams }, url),
    skew: skew.skew,
    flush,
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      const open = await sockets;
      await Promise.all([open?.dispatcher.destroy(), open?.clientSockets.close()]);
      // A database that is away must not keep a process from ending in order.
      await usage.flush().catch((error: unknown) => options.onLost?.(error, usage.pendingCalls()));
    },
  };
}

/** Loaded with the first call: the library takes a tenth of a start, and most processes call nobody in their first second. */
async function openSockets(connecting: ConnectDeps, clock: Clock): Promise<Sockets> {
  const { Agent } = await import('undici');
  const open = (own?: OwnTls) =>
    new Agent({
      connect: guardedConnector({ ...connecting, own }),
      connections: CONNECTIONS_PER_ORIGIN,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: 60_000,
    });
  return { dispatcher: open(), clientSockets: createClientSockets({ clock, open }) };
}

function repeating(
  work: () => Promise<void>,
  everyMs: number,
  onError: ((error: unknown) => void) | undefined,
): NodeJS.Timeout {
  return setInterval(() => {
    work().catch((error: unknown) => onError?.(error));
  }, everyMs).unref();
}

async function checkAddress(
  deps: { policy: GuardPolicy; resolve: Resolve; upstreams: Upstreams },
  text: string,
): Promise<AddressCheck> {
  const written = checkUrl(deps.policy, text);
  if (written.kind !== 'fine') return written;
  const target = checkUrl(deps.policy, throughUpstreams(deps.upstreams, written.url).href);
  if (target.kind !== 'fine') return { kind: 'denied', reason: 'address' };
  try {
    await checkedAddresses(deps, target.url.hostname, portOf(target.url));
    return { kind: 'fine' };
  } catch (error) {
    const isDenied = error instanceof ConnectFailure && error.failure === 'denied';
    return isDenied ? { kind: 'denied', reason: 'address' } : { kind: 'unresolved' };
  }
}
