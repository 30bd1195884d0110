import type { CheckEnteredDeps } from '../connections/check-entered.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Outbound } from '../outbound/call.ts';
import { guardPolicy } from '../outbound/guard-policy.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { openStandIn, type StandIn } from './stand-in/stand-in.ts';

/** The engine as it serves, led to a stand-in, without a database: nothing that is tried here is saved, budgeted or counted. */
export interface Bench {
  standIn: StandIn;
  outbound: Outbound;
  clock: Clock;
  entering: CheckEnteredDeps;
  close(): Promise<void>;
}

/** `allowedPrivateHosts`: as the server has them, for files about services of one's own. */
export async function openBench(allowedPrivateHosts: readonly string[] = []): Promise<Bench> {
  const standIn = await openStandIn();
  const running = createOutbound({
    policy: guardPolicy({
      allowedPrivateHosts: [...allowedPrivateHosts, standIn.address],
      ownAddresses: [],
      ownHosts: [],
    }),
    upstreams: standIn.upstreams,
    clock: impatient,
    budgetStore: {
      take: async (_key, _windows, want) => ({ granted: want, waitMs: 0 }),
      pause: async () => {},
      pauses: async () => new Map(),
      prune: async () => {},
    },
    usageStore: { add: async () => {}, prune: async () => {} },
    flushEveryMs: 3_600_000,
    random: () => 0,
  });
  const outbound: Outbound = {
    ...running,
    call: ({ budgetKey: _, ...call }) => running.call({ ...call, connectionId: null, rateWindows: [] }),
  };
  const entering: CheckEnteredDeps = {
    outbound,
    clock: impatient,
    keyForms: [],
    settings: { checkTimeoutMs: 20_000 },
    transact: notHere,
    keyring: { keyForSealing: notHere, keyForOpening: notHere, forget: () => {} },
    operatorApps: { find: notHere },
  };
  return {
    standIn,
    outbound,
    clock: impatient,
    entering,
    close: async () => {
      await running.close();
      await standIn.close();
    },
  };
}

/** The time is now, and nobody waits for it. */
const impatient: Clock = { now: () => systemClock.now(), sleep: async () => {} };

/** What is tried without being saved needs neither database nor vault. */
async function notHere(): Promise<never> {
  throw new Error('a trial keeps nothing');
}
