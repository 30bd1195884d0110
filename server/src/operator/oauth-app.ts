import { Secret } from '../lib/secret.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { type OperatorApp, secretHint } from '../oauth/setups/app.ts';
import { openOperatorSecret, sealOperatorSecret } from '../oauth/setups/app-secret.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { signInMethod } from '../oauth/setups/apps.ts';
import { stampOf } from '../oauth/setups/client.ts';
import type { KeptPrevious } from '../oauth/setups/previous-store.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';
import { readSecret } from './read-secret.ts';
import { knownAs, openKeyring, redirectUri, signInTool } from './sign-in-tool.ts';
import { tellWorkspaces } from './tell-workspaces.ts';
import { verdictOnSecret } from './try-client-secret.ts';

const SET =
  'oauth-app set --integration SLUG --client-id ID [--keep-previous-hours 24] [--save-unverified yes]';

export const oauthAppSet: OperatorCommand = {
  words: ['oauth-app', 'set'],
  usage: SET,
  about:
    'Enters the one-time sign-in setup of an integration for all workspaces that have none of their own. The client secret is asked for, or read from standard input; it is never taken as an argument. One that takes the place of another of the same client ID is asked about at the provider first, and nobody signs in again; the one before can be rolled back to for some hours (0: not at all). --save-unverified yes saves one that the provider could not be asked about.',
  options: {
    integration: { type: 'string' },
    'client-id': { type: 'string' },
    'keep-previous-hours': { type: 'string' },
    'save-unverified': { type: 'string' },
  },
  run: async (deps, values) => {
    const definition = await signInTool(deps, values.integration, SET);
    const clientId = values['client-id']?.trim() ?? '';
    if (clientId === '' || clientId.length > 1_000) {
      throw new StartRefused(`--client-id is missing or too long.\nIt is used like this: ${SET}`);
    }
    const keepMs = keepPreviousMs(values['keep-previous-hours']);
    const isWithout = signInMethod(definition)?.tokenAuthMethod === 'none';
    const secret = isWithout ? '' : await readSecret(`Client secret of ${definition.name}: `);
    if (!isWithout && secret === '') throw new StartRefused('No client secret came. Nothing was saved.');
    const apps = createOperatorAppStore(deps.db.system);
    const before = await apps.find(definition.slug);
    const keyring = await openKeyring(deps);
    const place = { integration: definition.slug, version: (before?.version ?? 0) + 1 };
    const at = deps.clock.now();
    const addressStamp = stampOf(definition);
    // What was entered for another address is neither asked about at this one nor kept to go back to.
    const isSameClient = before?.clientId === clientId && before.addressStamp === addressStamp;
    const isRotation = isSameClient && (await isAnother({ keyring }, before, secret));
    const said = isRotation
      ? await checked(deps, definition, clientId, secret, values['save-unverified'])
      : '';
    const next = {
      ...place,
      clientId,
      sealed: secret === '' ? null : await sealOperatorSecret({ keyring }, place, secret),
      secretHint: secretHint(secret),
      enteredUnder: redirectUri(deps, definition.slug),
      addressStamp,
      updatedAt: at,
    };
    const previous = isRotation
      ? steppedBack(before, keepMs, at)
      : isSameClient
        ? await apps.findPrevious(definition.slug).then((kept) => kept && { ...kept, replacedAt: at })
        : null;
    await apps.save(next, previous);
    const deed = isRotation ? 'rotated' : before === null ? 'created' : 'changed';
    const detail = { client_id_changed: before !== null && !isSameClient };
    await tellWorkspaces(deps, definition, deed, detail);
    const uri = redirectUri(deps, definition.slug);
    const isRefused = signInMethod(definition)?.requiresHttps === true && uri.startsWith('http:');
    const warning = `\n${definition.name} takes only redirect URIs that start with https://. Set KEYRAIL_PUBLIC_URL to an https address first.`;
    return `Saved. ${said}Register this redirect URI at ${definition.name}: ${uri}${isRefused ? warning : ''}`;
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

type Keyring = Awaited<ReturnType<typeof openKeyring>>;

/** There is a secret, and it is another one. */
async function isAnother(deps: { keyring: Keyring }, before: OperatorApp, secret: string): Promise<boolean> {
  const opened = await openOperatorSecret(deps, before);
  return opened.kind === 'opened' && opened.secret !== null && opened.secret.reveal() !== secret;
}

async function checked(
  deps: OperatorDeps,
  definition: Parameters<typeof verdictOnSecret>[1],
  clientId: string,
  secret: string,
  saveUnverified: string | undefined,
): Promise<string> {
  const verdict = await verdictOnSecret(deps, definition, clientId, new Secret(secret));
  if (verdict.kind === 'ok') return `${verdict.message} Nobody signs in again. `;
  if (verdict.kind !== 'rejected' && saveUnverified === 'yes') return `${verdict.message} `;
  const said = verdict.provider_message === null ? '' : ` It says: “${verdict.provider_message}”.`;
  const anyway = verdict.kind === 'rejected' ? '' : '\nTo save it all the same: --save-unverified yes';
  throw new StartRefused(`${verdict.message}${said} Nothing was changed.${anyway}`);
}

function steppedBack(before: OperatorApp, keepMs: number, at: Date): KeptPrevious | null {
  if (before.sealed === null || keepMs === 0) return null;
  return {
    version: before.version,
    sealed: before.sealed,
    hint: before.secretHint,
    dates: { endsAt: null, rotateAt: null, setAt: null },
    replacedAt: at,
    destroyAfter: new Date(at.getTime() + keepMs),
  };
}

const MOST_HOURS = 24 * 30;

function keepPreviousMs(given: string | undefined): number {
  const hours = Number(given ?? '24');
  if (Number.isInteger(hours) && hours >= 0 && hours <= MOST_HOURS) return hours * 3_600_000;
  throw new StartRefused(`--keep-previous-hours is a number from 0 to ${MOST_HOURS}.`);
}
