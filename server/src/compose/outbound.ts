import { isIP } from 'node:net';
import type { ComposeDeps } from '../compose.ts';
import { guardPolicy } from '../outbound/guard-policy.ts';
import { createOutbound, type RunningOutbound } from '../outbound/outbound.ts';
import { budgetStore, usageStore } from '../outbound/store.ts';

type Deps = Pick<ComposeDeps, 'config' | 'db' | 'clock' | 'log' | 'databaseUrl'> & {
  instance: Pick<ComposeDeps['instance'], 'mayLeave'>;
};

export function composeOutbound(deps: Deps): RunningOutbound {
  const { config, db, clock, log, databaseUrl, instance } = deps;
  const addresses = new Set(['127.0.0.1', '[::1]']);
  if (isIP(config.host)) addresses.add(config.host.includes(':') ? `[${config.host}]` : config.host);
  const hosts = [databaseUrl, config.publicUrl].flatMap((url) =>
    url === null ? [] : [new URL(url).hostname],
  );
  return createOutbound({
    policy: guardPolicy({
      allowedPrivateHosts: config.allowedPrivateHosts,
      ownAddresses: [...addresses].map((address) => `${address}:${config.port}`),
      ownHosts: hosts.filter((host) => host !== ''),
    }),
    budgetStore: budgetStore(db.system),
    usageStore: usageStore(db.system),
    upstreams: config.upstreams,
    limits: {
      maxStreamBytes: config.proxyMaxBytes,
      streamTotalTimeoutMs: config.proxyTimeoutSeconds * 1000,
      streamIdleTimeoutMs: Math.min(config.proxyTimeoutSeconds, 60) * 1000,
    },
    clock,
    mayLeave: instance.mayLeave,
    onLost: (error, calls) =>
      log.warn(
        { err: error, calls },
        `stopped without the database: ${calls} calls stand in no count of usage`,
      ),
    onFlushError: (error) => log.warn({ err: error }, 'the counts of calls could not be written yet'),
  });
}
