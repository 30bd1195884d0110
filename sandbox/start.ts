import type { Server } from 'node:http';
import { AWS_ORIGINS, serveAws } from './aws/serve.ts';
import { RoleSessions } from './aws/sessions.ts';
import { CallLog } from './call-log.ts';
import { reset, serveControl, type Upstream } from './control.ts';
import { Hold } from './hold.ts';
import { Limiter } from './limiter.ts';
import { Grants } from './oauth/grants.ts';
import { PROVIDERS } from './provider-list.ts';
import { type SandboxState, serveProvider } from './provider-server.ts';
import { KeyDesk } from './service-accounts/key-desk.ts';
import type { StandIn } from './stand-in.ts';

export interface SandboxOptions {
  /** Of the start page; the providers take the next ones. 0 lets the system choose each. */
  port?: number;
  /** How long every answer takes. */
  latencyMs?: number;
  /** How long answers to `…-slow` keys take. */
  slowMs?: number;
  /** How long access tokens live that come from signing in; left out: as long as the provider documents. */
  tokenSeconds?: number;
  /** For rate limits and the life of tokens. */
  nowMs?: () => number;
  /** Stand-ins for the rest of the catalog, too, made of what its files document. */
  isWhole?: boolean;
}

export interface Sandbox {
  /** Address of the start page. */
  url: string;
  upstreams: readonly Upstream[];
  log: CallLog;
  /** Keys and client secrets of programs' accounts: made and taken away as at the provider. */
  keys: KeyDesk;
  /** Adds credits to the account of a key; false where the key was never used. */
  topUp(key: string, credits: number): boolean;
  revoke(key: string): void;
  /** As when a person removes the app at the provider: all tokens of those sign-ins are gone. */
  withdraw(provider?: string, account?: string): void;
  /** After so many calls more none is answered, until what this returns is called. */
  hold(after?: number): () => void;
  /** Access tokens end before their time; refresh tokens stay. */
  endAccessTokens(provider?: string): void;
  reset(): void;
  close(): Promise<void>;
}

/** Starts all stand-ins in this process, on loopback alone. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const state: SandboxState = {
    log: new CallLog(),
    limiter: new Limiter(),
    hold: new Hold(),
    accounts: new Map(),
    failuresLeft: new Map(),
    revoked: new Set(),
    grants: new Grants(),
    keys: new KeyDesk(),
    roleSessions: new RoleSessions(),
    tokenSeconds: options.tokenSeconds ?? null,
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
    const standIns: StandIn[] = [...PROVIDERS];
    const addresses = PROVIDERS.flatMap((provider) =>
      [provider.origin, ...(provider.otherOrigins ?? [])].map((origin) => ({ provider, origin })),
    );
    for (const [index, { provider, origin }] of addresses.entries()) {
      const { server, port } = await serveProvider(
        provider,
        origin,
        first === 0 ? 0 : first + 1 + index,
        state,
      );
      servers.push(server);
      upstreams.push({ slug: provider.slug, origin, target: `http://127.0.0.1:${port}` });
    }
    const aws = await serveAws({
      port: first === 0 ? 0 : first + 1 + addresses.length,
      nowMs: state.nowMs,
      revoked: state.revoked,
      sessions: state.roleSessions,
      tokenSeconds: state.tokenSeconds,
      onCall: (key, method, path, status) =>
        state.log.count({ provider: 'aws', key, method, path }, '', '', status),
    });
    servers.push(aws.server);
    for (const origin of AWS_ORIGINS)
      upstreams.push({ slug: 'aws', origin, target: `http://127.0.0.1:${aws.port}` });
    if (options.isWhole === true) {
      // With it comes half of the server, which few sandboxes need.
      const { documentedStandIns, originsOf, serveDocumented } = await import('./documented.ts');
      const rest = await documentedStandIns(PROVIDERS);
      standIns.push(...rest);
      const served = await serveDocumented(rest, first === 0 ? 0 : first + 2 + addresses.length, state);
      servers.push(served.server);
      const target = `http://127.0.0.1:${served.port}`;
      const named = new Map(rest.flatMap((one) => originsOf(one).map((origin) => [origin, one.slug])));
      for (const [origin, slug] of named) upstreams.push({ slug, origin, target });
    }
    const withCredits = standIns.flatMap(({ slug, hasCredits }) => (hasCredits === true ? [slug] : []));
    const control = await serveControl(first, upstreams, withCredits, state);
    servers.push(control.server);
    return {
      url: `http://127.0.0.1:${control.port}`,
      upstreams,
      log: state.log,
      keys: state.keys,
      close,
      ...controls(state),
    };
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
    allowedPrivateHosts: [...new Set(sandbox.upstreams.map((one) => new URL(one.target).host))].join(','),
  };
}

function controls(
  state: SandboxState,
): Pick<Sandbox, 'topUp' | 'revoke' | 'withdraw' | 'hold' | 'endAccessTokens' | 'reset'> {
  return {
    topUp: (key, credits) => {
      const account = state.accounts.get(key);
      if (account) account.creditsLeft += credits;
      return account !== undefined;
    },
    revoke: (key) => {
      state.revoked.add(key);
    },
    withdraw: (provider, account) => state.grants.withdraw(provider, account),
    hold: (after) => state.hold.begin(after),
    endAccessTokens: (provider) => {
      state.grants.endAccessTokens(provider);
      if (provider === undefined || provider === 'aws') state.roleSessions.endAll();
    },
    reset: () => reset(state),
  };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
