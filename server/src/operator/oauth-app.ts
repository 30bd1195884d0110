import { record } from '../audit/record.ts';
import { catalogFolder } from '../catalog/built-in.ts';
import type { Definition } from '../catalog/definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { masterKeySettings } from '../compose/master-key-settings.ts';
import { setupWorks } from '../connections/setup-changed.ts';
import { StartRefused } from '../lib/start-refused.ts';
import type { Tx } from '../lib/tx.ts';
import { type OperatorApp, secretHint } from '../oauth/setups/app.ts';
import { sealOperatorSecret } from '../oauth/setups/app-secret.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { signInMethod } from '../oauth/setups/apps.ts';
import type { TokenOwner } from '../tokens/mint.ts';
import { clearRetry } from '../tokens/token-store.ts';
import { createKeyring } from '../vault/keyring.ts';
import { canaryStore, dataKeyStore } from '../vault/store.ts';
import { unlock } from '../vault/unlock.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';
import { readSecret } from './read-secret.ts';

const SET = 'oauth-app set --integration SLUG --client-id ID';

export const oauthAppSet: OperatorCommand = {
  words: ['oauth-app', 'set'],
  usage: SET,
  about:
    'Enters the one-time sign-in setup of an integration for all workspaces that have none of their own. The client secret is asked for, or read from standard input; it is never taken as an argument.',
  options: { integration: { type: 'string' }, 'client-id': { type: 'string' } },
  run: async (deps, values) => {
    const definition = await signInTool(deps, values.integration);
    const clientId = values['client-id']?.trim() ?? '';
    if (clientId === '' || clientId.length > 1_000) {
      throw new StartRefused(`--client-id is missing or too long.\nIt is used like this: ${SET}`);
    }
    const isWithout = signInMethod(definition)?.tokenAuthMethod === 'none';
    const secret = isWithout ? '' : await readSecret(`Client secret of ${definition.name}: `);
    if (!isWithout && secret === '') throw new StartRefused('No client secret came. Nothing was saved.');
    const apps = createOperatorAppStore(deps.db.system);
    const before = await apps.find(definition.slug);
    await apps.save(await sealed(deps, definition, clientId, secret, before?.version ?? 0));
    await tellWorkspaces(deps, definition, before === null ? 'created' : 'changed', {
      client_id_changed: before !== null && before.clientId !== clientId,
    });
    const uri = redirectUri(deps, definition.slug);
    const isRefused = signInMethod(definition)?.requiresHttps === true && uri.startsWith('http:');
    const warning = `\n${definition.name} takes only redirect URIs that start with https://. Set KEYRAIL_PUBLIC_URL to an https address first.`;
    return `Saved. Register this redirect URI at ${definition.name}: ${uri}${isRefused ? warning : ''}`;
  },
};

export const oauthAppList: OperatorCommand = {
  words: ['oauth-app', 'list'],
  usage: 'oauth-app list',
  about:
    'Lists the sign-in setups that the operator entered, one per line: integration, client id, redirect URI.',
  options: {},
  run: async (deps) => {
    const apps = await createOperatorAppStore(deps.db.system).list();
    if (apps.length === 0) return 'There is none.';
    return apps
      .map(({ integration, clientId }) => [integration, clientId, redirectUri(deps, integration)].join('\t'))
      .join('\n');
  },
};

const REMOVE = 'oauth-app remove --integration SLUG';

export const oauthAppRemove: OperatorCommand = {
  words: ['oauth-app', 'remove'],
  usage: REMOVE,
  about:
    'Removes a sign-in setup that the operator entered. Connections keep what they have until it must be renewed.',
  options: { integration: { type: 'string' } },
  run: async (deps, { integration }) => {
    if (integration === undefined) throw new StartRefused(`It is used like this: ${REMOVE}`);
    if (await createOperatorAppStore(deps.db.system).remove(integration)) {
      await tellWorkspaces(deps, await knownAs(deps, integration), 'deleted', {});
      return 'Removed.';
    }
    throw new StartRefused(`There is no sign-in setup of the operator for "${integration}".`);
  },
};

/**
 * Owners find it in the audit log of their workspace, wherever it holds; and what waited for a setup that was wrong goes on
 * there.
 */
async function tellWorkspaces(
  { db, clock }: OperatorDeps,
  { slug, name }: Pick<Definition, 'slug' | 'name'>,
  deed: 'created' | 'changed' | 'deleted',
  detail: Record<string, boolean>,
): Promise<void> {
  for (const workspaceId of await createOperatorAppStore(db.system).workspacesUnder(slug)) {
    await db.transact(workspaceId, async (tx) => {
      await setupWorks({ tokens: { tryAgain }, clock }, tx, workspaceId, slug);
      await record(tx, {
        who: { workspaceId, system: 'operator' },
        action: `oauth_app.${deed}`,
        subject: { kind: 'oauth_app', id: slug, name },
        detail: { integration: slug, set_up_by: 'operator', ...detail },
      });
    });
  }
}

async function tryAgain(tx: Tx, owners: readonly TokenOwner[]): Promise<void> {
  for (const owner of owners) await clearRetry(tx, owner);
}

/** Its file may be gone from the catalog by now. */
async function knownAs({ config }: OperatorDeps, slug: string): Promise<Pick<Definition, 'slug' | 'name'>> {
  return (await catalogFor(config)).get(slug) ?? { slug, name: slug };
}

function catalogFor(config: OperatorDeps['config']) {
  return loadCatalog({
    builtIn: catalogFolder,
    user: config.catalogDir ?? undefined,
    allowedPrivateHosts: config.allowedPrivateHosts,
  });
}

async function sealed(
  { db, config, clock }: OperatorDeps,
  { slug: integration }: Definition,
  clientId: string,
  secret: string,
  version: number,
): Promise<Omit<OperatorApp, 'refusal'>> {
  const { masterKeys } = await unlock(
    { store: canaryStore(db.system), announce: (message) => process.stderr.write(`${message}\n`) },
    masterKeySettings(config),
  );
  const keyring = createKeyring({ store: dataKeyStore(db.system), masterKeys });
  const place = { integration, version: version + 1 };
  return {
    ...place,
    clientId,
    sealed: secret === '' ? null : await sealOperatorSecret({ keyring }, place, secret),
    secretHint: secretHint(secret),
    enteredUnder: redirectUri({ config }, integration),
    updatedAt: clock.now(),
  };
}

async function signInTool({ config }: OperatorDeps, slug: string | undefined): Promise<Definition> {
  if (slug === undefined) throw new StartRefused(`--integration is missing.\nIt is used like this: ${SET}`);
  const definition = (await catalogFor(config)).get(slug);
  if (definition === undefined) throw new StartRefused(`There is no integration "${slug}".`);
  if (signInMethod(definition) === undefined) {
    throw new StartRefused(`Nobody signs in at ${definition.name}, so it needs no sign-in setup.`);
  }
  return definition;
}

function redirectUri({ config }: Pick<OperatorDeps, 'config'>, slug: string): string {
  return `${config.publicUrl ?? `http://${config.host}:${config.port}`}/oauth/callback/${slug}`;
}
