import type { Server } from 'node:http';
import { CallLog } from './call-log.ts';
import { reset, serveControl, type Upstream } from './control.ts';
import { Limiter } from './limiter.ts';
import { type SandboxState, serveProvider } from './provider-server.ts';
import { apollo } from './providers/apollo.ts';
import { betterenrich } from './providers/betterenrich.ts';
import { heyreach } from './providers/heyreach.ts';
import { hunter } from './providers/hunter.ts';
import { instantly } from './providers/instantly.ts';
import { smartlead } from './providers/smartlead.ts';
import type { StandIn } from './stand-in.ts';

const PROVIDERS: readonly StandIn[] = [apollo, hunter, betterenrich, instantly, smartlead, heyreach];

export interface SandboxOptions {
  /** Of the start page; the providers take the next ones. 0 lets the system choose each. */
  port?: number;
  /** How long every answer takes. */
  latencyMs?: number;
  /** How long answers to `…-slow` keys take. */
  slowMs?: number;
  /** For the rate limits. */
  nowMs?: () => number;
}

export interface Sandbox {
  /** Address of the start page. */
  url: string;
  upstreams: readonly Upstream[];
  log: CallLog;
  /** Adds credits to the account of a key; false where the key was never used. */
  topUp(key: string, credits: number): boolean;
  revoke(key: string): void;
  reset(): void;
  close(): Promise<void>;
}

/** Starts all stand-ins in this process, on loopback alone. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const state: SandboxState = {
    log: new CallLog(),
    limiter: new Limiter(),
    accounts: new Map(),
    failuresLeft: new Map(),
    revoked: new Set(),
    latencyMs: options.latencyMs ?? 0,
    slowMs: options.slowMs ?? 5000,
    nowMs: options.nowMs ?? Date.now,
  };
  const first = options.port ?? 0;
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(closeServer));
  };
  try {
    const upstreams: Upstream[] = [];
    for (const [index, provider] of PROVIDERS.entries()) {
      const { server, port } = await serveProvider(provider, first === 0 ? 0 : first + 1 + index, state);
      servers.push(server);
      upstreams.push({ slug: provider.slug, origin: provider.origin, target: `http://127.0.0.1:${port}` });
    }
    const control = await serveControl(first, upstreams, state);
    servers.push(control.server);
    return { url: `http://127.0.0.1:${control.port}`, upstreams, log: state.log, close, ...controls(state) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The two settings that point the product at a sandbox: KEYRAIL_UPSTREAMS and KEYRAIL_ALLOWED_PRIVATE_HOSTS. */
export function sandboxUpstreams(sandbox: Pick<Sandbox, 'upstreams'>): {
  upstreams: string;
  allowedPrivateHosts: string;
} {
  return {
    upstreams: sandbox.upstreams.map((one) => `${one.origin}=${one.target}`).join(','),
    allowedPrivateHosts: sandbox.upstreams.map((one) => new URL(one.target).host).join(','),
  };
}

function controls(state: SandboxState): Pick<Sandbox, 'topUp' | 'revoke' | 'reset'> {
  return {
    topUp: (key, credits) => {
      const account = state.accounts.get(key);
      if (account) account.creditsLeft += credits;
      return account !== undefined;
    },
    revoke: (key) => {
      state.revoked.add(key);
    },
    reset: () => reset(state),
  };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
