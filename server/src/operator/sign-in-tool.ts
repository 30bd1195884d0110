import { catalogFolder } from '../catalog/built-in.ts';
import type { Definition } from '../catalog/definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { masterKeySettings } from '../compose/master-key-settings.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { signInMethod } from '../oauth/setups/apps.ts';
import { createKeyring } from '../vault/keyring.ts';
import { canaryStore, dataKeyStore } from '../vault/store.ts';
import { unlock } from '../vault/unlock.ts';
import type { OperatorDeps } from './command.ts';

/** A tool that people sign in to, by its slug; `usage` is said where it is not named. */
export async function signInTool(
  { config }: Pick<OperatorDeps, 'config'>,
  slug: string | undefined,
  usage: string,
): Promise<Definition> {
  if (slug === undefined) throw new StartRefused(`--integration is missing.\nIt is used like this: ${usage}`);
  const definition = (await catalogFor(config)).get(slug);
  if (definition === undefined) throw new StartRefused(`There is no integration "${slug}".`);
  if (signInMethod(definition) === undefined) {
    throw new StartRefused(`Nobody signs in at ${definition.name}, so it needs no sign-in setup.`);
  }
  return definition;
}

/** Its file may be gone from the catalog by now. */
export async function knownAs(
  { config }: Pick<OperatorDeps, 'config'>,
  slug: string,
): Promise<Pick<Definition, 'slug' | 'name'>> {
  return (await catalogFor(config)).entry(slug) ?? { slug, name: slug };
}

export function redirectUri({ config }: Pick<OperatorDeps, 'config'>, slug: string): string {
  return `${config.publicUrl ?? `http://${config.host}:${config.port}`}/oauth/callback/${slug}`;
}

/** The master key is looked for as a server does, and said where it is missing. */
export async function openKeyring({ db, config }: Pick<OperatorDeps, 'db' | 'config'>) {
  const { masterKeys } = await unlock(
    { store: canaryStore(db.system), announce: (message) => process.stderr.write(`${message}\n`) },
    masterKeySettings(config),
  );
  return createKeyring({ store: dataKeyStore(db.system), masterKeys });
}

function catalogFor(config: OperatorDeps['config']) {
  return loadCatalog({
    builtIn: catalogFolder,
    user: config.catalogDir ?? undefined,
    allowedPrivateHosts: config.allowedPrivateHosts,
  });
}
