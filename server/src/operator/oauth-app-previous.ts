import { StartRefused } from '../lib/start-refused.ts';
import { openOperatorSecret, sealOperatorSecret } from '../oauth/setups/app-secret.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { stampOf } from '../oauth/setups/client.ts';
import type { OperatorCommand } from './command.ts';
import { knownAs, openKeyring, signInTool } from './sign-in-tool.ts';
import { tellWorkspaces } from './tell-workspaces.ts';
import { verdictOnSecret } from './try-client-secret.ts';

const ROLLBACK = 'oauth-app rollback --integration SLUG';
const KEEP_PREVIOUS_MS = 24 * 3_600_000;

export const oauthAppRollback: OperatorCommand = {
  words: ['oauth-app', 'rollback'],
  usage: ROLLBACK,
  about:
    "Makes the client secret current again that the last one of the operator's took the place of. It is asked about at the provider first; where it is no longer accepted, nothing changes. Nobody signs in again.",
  options: { integration: { type: 'string' } },
  run: async (deps, { integration }) => {
    const definition = await signInTool(deps, integration, ROLLBACK);
    const apps = createOperatorAppStore(deps.db.system);
    const [app, previous] = [await apps.find(definition.slug), await apps.findPrevious(definition.slug)];
    const now = deps.clock.now();
    if (app === null || previous === null || previous.destroyAfter <= now) throw noneThere(definition.slug);
    if (app.addressStamp !== stampOf(definition)) throw noneThere(definition.slug);
    const keyring = await openKeyring(deps);
    const opened = await openOperatorSecret(
      { keyring },
      { ...app, version: previous.version, sealed: previous.sealed },
    );
    if (opened.kind === 'unreadable' || opened.secret === null)
      throw new StartRefused('The client secret from before can no longer be read. Nothing was changed.');
    const verdict = await verdictOnSecret(deps, definition, app.clientId, opened.secret);
    if (verdict.kind === 'rejected') throw new StartRefused(`${verdict.message} Nothing was changed.`);
    const place = { integration: app.integration, version: app.version + 1 };
    const sealed = await sealOperatorSecret({ keyring }, place, opened.secret.reveal());
    const stepped = app.sealed && {
      version: app.version,
      sealed: app.sealed,
      hint: app.secretHint,
      dates: previous.dates,
      replacedAt: now,
      destroyAfter: new Date(now.getTime() + KEEP_PREVIOUS_MS),
    };
    const back = { ...app, ...place, sealed, secretHint: previous.hint, updatedAt: now };
    await apps.save(back, stepped || null);
    await tellWorkspaces(deps, definition, 'rolled_back', {});
    return `Rolled back. ${verdict.message}`;
  },
};

const DESTROY = 'oauth-app destroy-previous --integration SLUG';

export const oauthAppDestroyPrevious: OperatorCommand = {
  words: ['oauth-app', 'destroy-previous'],
  usage: DESTROY,
  about:
    'Destroys the client secret now that the last one of the operator took the place of, for one that may have leaked. Remove it at the provider, too.',
  options: { integration: { type: 'string' } },
  run: async (deps, { integration }) => {
    if (integration === undefined) throw new StartRefused(`It is used like this: ${DESTROY}`);
    if (!(await createOperatorAppStore(deps.db.system).dropPrevious(integration)))
      throw noneThere(integration);
    await tellWorkspaces(deps, await knownAs(deps, integration), 'previous_destroyed', {});
    return 'Destroyed.';
  },
};

function noneThere(integration: string): StartRefused {
  return new StartRefused(`There is no client secret from before for "${integration}". Nothing was changed.`);
}
