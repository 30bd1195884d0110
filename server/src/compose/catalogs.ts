import { catalogFolder } from '../catalog/built-in.ts';
import { CATALOG_CHANGED, createCatalogs, type KeptCatalogs } from '../catalog/catalogs.ts';
import { loadCatalog } from '../catalog/load.ts';
import type { ComposeDeps } from '../compose.ts';
import type { Connections } from '../connections/connections.ts';
import { type Custom, createCustom } from '../custom/custom.ts';
import { ownDefinitions } from '../custom/own-definitions.ts';
import type { Listener } from '../db/listen.ts';
import type { Transact } from '../lib/tx.ts';
import { deleteApp } from '../oauth/setups/app-store.ts';
import type { RunningOutbound } from '../outbound/outbound.ts';
import { columnDependents } from '../tables/dependents-store.ts';

export async function composeCatalogs(
  { config, db, log }: ComposeDeps,
  listener: Listener,
): Promise<KeptCatalogs> {
  const readyMade = await loadCatalog({
    builtIn: catalogFolder,
    user: config.catalogDir ?? undefined,
    allowedPrivateHosts: config.allowedPrivateHosts,
  });
  for (const problem of readyMade.problems) {
    log.warn({ ...problem }, 'a catalog file is left out: it has a problem');
  }
  const catalogs = createCatalogs({
    readyMade,
    own: (workspaceId) => ownDefinitions({ transact: db.transact, log }, workspaceId),
  });
  await listener.listen(CATALOG_CHANGED, catalogs.forget, () => catalogs.forget(null));
  return catalogs;
}

export function composeCustom(
  { config, clock }: ComposeDeps,
  transact: Transact,
  catalogs: KeptCatalogs,
  outbound: RunningOutbound,
  connections: Connections,
): Custom {
  const own = [`http://127.0.0.1:${config.port}`, `http://localhost:${config.port}`, config.publicUrl];
  return createCustom({
    allowedPrivateHosts: config.allowedPrivateHosts,
    transact,
    clock,
    catalogs,
    outbound,
    connections,
    withdrawals: connections.withdrawals,
    dependents: columnDependents,
    setups: { forget: deleteApp },
    actions: { outbound, clock },
    ownOrigins: own.flatMap((url) => (url === null ? [] : [new URL(url).origin])),
    forget: (workspaceId) => {
      connections.forget(workspaceId);
      catalogs.forget(workspaceId);
    },
  });
}
