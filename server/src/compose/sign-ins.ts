import type { Catalogs } from '../catalog/catalogs.ts';
import type { Config } from '../config.ts';
import type { Connections, ConnectionsDeps } from '../connections/connections.ts';
import { setupWorks } from '../connections/setup-changed.ts';
import { createSignIns, type SignIns } from '../connections/sign-in/sign-ins.ts';
import { believing, trustedBy } from '../connections/trusted.ts';
import type { Queries } from '../db/open.ts';
import { callbackPath } from '../oauth/addresses.ts';
import { createAuthorizationLookup } from '../oauth/authorization-store.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { createOAuthApps, type OAuthApps } from '../oauth/setups/oauth-apps.ts';
import { createPreviousSweep } from '../oauth/setups/previous-store.ts';
import type { Vault } from '../vault/unlock.ts';

interface Deps {
  config: Config;
  system: Queries;
  vault: Vault;
  /** What the room of connections was built with. */
  shared: ConnectionsDeps & { catalogs: Catalogs };
  connections: Connections;
}

/** One-time sign-in setups, and sign-ins at providers, on top of the connections they become. */
export function composeSignIns(deps: Deps): { signIns: SignIns; apps: OAuthApps } {
  const { config, system, shared, connections } = deps;
  const own = config.publicUrl ?? `http://${urlHost(config.host)}:${config.port}`;
  const redirectUri = (integration: string, workspaceId: string) =>
    own + callbackPath(integration, workspaceId);
  const operatorApps = createOperatorAppStore(system);
  const { tokens } = connections;
  const both = { ...shared, operatorApps, redirectUri };
  const apps = createOAuthApps({
    ...both,
    signedInFields: connections.signedInFields,
    outboundFor: (...address) => believing(shared.outbound, trustedBy(...address)),
    onChanged: (tx, workspaceId, integration) =>
      setupWorks({ tokens, clock: shared.clock }, tx, workspaceId, integration),
  });
  const signIns = createSignIns({
    ...both,
    tokens,
    withdrawals: connections.withdrawals,
    setupGate: connections.setupGate,
    upstreams: config.upstreams,
    giveBack: (tx, got) => connections.withdrawals.refuse(tx, got),
    verifierKey: deps.vault.derive('pkce verifiers'),
    lookup: createAuthorizationLookup(system),
    forget: connections.forget,
  });
  const destroyPrevious = createPreviousSweep(system);
  const sweep = async () => {
    await signIns.sweep();
    await destroyPrevious(shared.clock.now());
  };
  return { signIns: { ...signIns, sweep }, apps };
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
