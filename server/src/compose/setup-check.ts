import { basename } from 'node:path';
import type { SetupCheckRouteDeps } from '../api/setup-check.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type Catalogs, OWN_PREFIX } from '../catalog/catalogs.ts';
import type { ComposeDeps } from '../compose.ts';
import type { Config } from '../config.ts';
import { countDamaged } from '../connections/damaged-store.ts';
import { integrationsInUse } from '../connections/in-use-store.ts';
import type { Database } from '../db/open.ts';
import { catalogReadings } from '../instance/catalog-readings-store.ts';
import { answerNonce, type CheckSetupDeps, gatherSetup } from '../instance/check-setup.ts';
import { databaseSays, ownNonces } from '../instance/own-nonce-store.ts';
import type { SetupFacts, SetupOfTool } from '../instance/setup-facts.ts';
import type { Clock } from '../lib/clock.ts';
import { callbackPath } from '../oauth/addresses.ts';
import { enteredSetups } from '../oauth/setups/entered-under-store.ts';
import type { ClockSkew } from '../outbound/clock-skew.ts';
import { askOwnAddress } from '../outbound/own-address.ts';

/** What "Check my setup" is made with, in a server and on the command line. */
export function setupCheckDeps(
  config: Config,
  db: Database,
  clock: Clock,
): Omit<CheckSetupDeps, 'toolsSkew' | 'instance'> {
  return {
    nonces: ownNonces(db.system),
    clock,
    ask: (url) => askOwnAddress(url),
    databaseSays: () => databaseSays(db.system),
    publicUrl: config.publicUrl,
    ownUrl: ownUrl(config),
    trustedProxies: config.trustedProxies,
    keyFile: config.masterKey === null ? config.masterKeyFile : null,
    dataDir: config.databaseUrl === null ? config.dataDir : null,
    instanceSetting: config.instanceId,
  };
}

export function composeSetupCheck(
  { config, db, clock, instance }: ComposeDeps,
  catalogs: Catalogs,
  outbound: ClockSkew,
): SetupCheckRouteDeps {
  const deps = {
    ...setupCheckDeps(config, db, clock),
    toolsSkew: outbound.skew,
    instance: async () => instance.standing(),
  };
  return {
    answer: (nonce, seen) => answerNonce(deps, nonce, seen),
    gather: async (who, asked) =>
      gatherSetup(deps, {
        ...asked,
        httpsTools: httpsTools(await catalogs.of(who.workspaceId)),
        catalog: await catalogFacts({ config, db }, await catalogs.of(who.workspaceId), who.workspaceId),
        setups: await setupsOfTools({ config, db }, catalogs.of, who.workspaceId),
        damagedConnections: await countDamaged(db.system, who.workspaceId),
      }),
  };
}

/** Tools that people sign in to and that take no redirect URI without https. */
export function httpsTools(catalog: Pick<Catalog, 'list'>): string[] {
  return catalog
    .list()
    .filter(({ needsHttps }) => needsHttps)
    .map(({ name }) => name);
}

/** Where a workspace asks, files are called by their names alone: where they lie is the operator's business. */
export async function catalogFacts(
  { config, db }: { config: Config; db: Database },
  catalog: Catalog,
  workspaceId: string | null,
): Promise<SetupFacts['catalog']> {
  const used = await integrationsInUse(db.system, workspaceId);
  const running = await catalogReadings(db.system);
  const isHere = (slug: string) => catalog.entry(slug) !== undefined;
  return {
    integrations: catalog.list().length,
    hasOwnFolder: config.catalogDir !== null,
    problems: catalog.problems.map((one) => ({
      ...one,
      file: workspaceId === null ? one.file : basename(one.file),
    })),
    // What workspaces describe themselves is not in the catalog of nobody in particular.
    missing: used.filter(
      ({ integration: slug }) => !isHere(slug) && !(workspaceId === null && slug.startsWith(OWN_PREFIX)),
    ),
    running: {
      processes: running.length,
      readings: new Set(running.map(({ files }) => files)).size,
      others: running.filter(({ files }) => files !== catalog.digest).length,
    },
  };
}

/** Setups of one workspace and the operator's; null: of all workspaces. */
export async function setupsOfTools(
  { config, db }: { config: Config; db: Database },
  catalogOf: (workspaceId: string) => Promise<Pick<Catalog, 'entry'>>,
  workspaceId: string | null,
): Promise<SetupOfTool[]> {
  const found = await enteredSetups(db.system, workspaceId);
  return Promise.all(
    found.map(async ({ workspaceId: owner, integration, enteredUnder, refused }) => {
      const entry = (await catalogOf(owner || (workspaceId ?? ''))).entry(integration);
      const words = refused?.words ?? 'it said no more';
      return {
        name: entry?.name ?? integration,
        refused: refused && { message: words, since: refused.since },
        enteredUnder,
        redirectUri: ownUrl(config) + callbackPath(integration, owner),
      };
    }),
  );
}

function ownUrl({ publicUrl, host, port }: Pick<Config, 'publicUrl' | 'host' | 'port'>): string {
  return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
