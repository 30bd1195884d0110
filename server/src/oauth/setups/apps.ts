import type { OAuthAppId } from '@keyrail/contract/ids';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { record } from '../../audit/record.ts';
import type { OAuth2Method } from '../../catalog/auth-definition.ts';
import type { Catalogs } from '../../catalog/catalogs.ts';
import type { Definition } from '../../catalog/definition.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/id.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Who } from '../../workspaces/who.ts';
import { type OperatorApp, secretHint, type WorkspaceApp } from './app.ts';
import { openAppSecret, sealAppSecret } from './app-secret.ts';
import {
  countSignedIn,
  deleteApp,
  findApp,
  listApps,
  lockApp,
  type OperatorAppStore,
  saveApp,
} from './app-store.ts';
import { type ClientDeps, stampOf } from './client.ts';
import { forgetHost } from './host-store.ts';
import { type ReadApp, readAppInput } from './input.ts';
import { problemOf } from './problem.ts';

export interface AppsDeps extends ClientDeps {
  catalogs: Catalogs;
  operatorApps: OperatorAppStore;
  clock: Clock;
  /** To be registered with the provider; one per integration. */
  redirectUri(integration: string, workspaceId: string): string;
  /** The client id, or the secret, of an integration is another one now: what waited for that is tried again. */
  onChanged(tx: Tx, workspaceId: string, integration: string): Promise<void>;
}

export interface AppChange {
  clientId: string;
  /** What the caller saw of where the secret goes; undefined: not said. */
  addressStamp?: string | undefined;
  /** Undefined: the stored one stays, as long as the client id does. */
  clientSecret: string | undefined;
  /** Go on although connections signed in under another client id must sign in again. */
  signInAgain: boolean;
}

/** The workspace's own setups, and the operator's where it has none of its own. */
export async function list(deps: AppsDeps, who: Who): Promise<OAuthApp[]> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  const { own, counts } = await deps.transact(who.workspaceId, async (tx) => ({
    own: await listApps(tx, who.workspaceId),
    counts: await countSignedIn(tx, who.workspaceId),
  }));
  const taken = new Set(own.map((app) => app.integration));
  const shared = (await deps.operatorApps.list()).filter(
    (app) => !taken.has(app.integration) && signInMethod(catalog.get(app.integration)) !== undefined,
  );
  const shown = [...own, ...shared].map((app) =>
    shownApp(deps, app, catalog.get(app.integration), counts.get(app.integration) ?? 0),
  );
  return shown.sort((a, b) => a.integration_name.localeCompare(b.integration_name, 'en'));
}

export async function get(deps: AppsDeps, who: Who, integration: string): Promise<OAuthApp> {
  const definition = (await deps.catalogs.of(who.workspaceId)).get(integration);
  const { own, counts } = await deps.transact(who.workspaceId, async (tx) => ({
    own: await findApp(tx, who.workspaceId, integration),
    counts: await countSignedIn(tx, who.workspaceId),
  }));
  const app = own ?? (definition === undefined ? null : await deps.operatorApps.find(integration));
  if (app === null) throw new AppError('not_found');
  return shownApp(deps, app, definition, counts.get(integration) ?? 0);
}

/** Enters or changes the workspace's own setup. `version`: what the caller saw last (If-Match); 0: that there was none. */
export async function put(
  deps: AppsDeps,
  who: Who,
  integration: string,
  change: AppChange,
  version: number | null,
): Promise<OAuthApp> {
  refuseBound(who);
  const definition = (await deps.catalogs.of(who.workspaceId)).get(integration);
  const method = signInMethod(definition);
  if (definition === undefined || method === undefined) throw new AppError('not_found');
  const addressStamp = stampOf(definition);
  if (change.addressStamp !== undefined && change.addressStamp !== addressStamp)
    throw new AppError('edited_meanwhile');
  const before = await deps.transact(who.workspaceId, (tx) => findApp(tx, who.workspaceId, integration));
  // What was entered for another address is not kept for this one.
  const known = before?.addressStamp === addressStamp ? before : null;
  const { clientId, secret } = readAppInput(definition, method, change, known);
  const id = before?.id ?? newId<OAuthAppId>('app');
  const next = (before?.version ?? 0) + 1;
  const place = { workspaceId: who.workspaceId, id, version: next };
  const app = {
    ...place,
    addressStamp,
    enteredUnder: deps.redirectUri(integration, who.workspaceId),
    integration,
    methodId: method.id ?? method.type,
    clientId,
    ...(await sealedAs(deps, place, secret, before)),
    updatedAt: deps.clock.now(),
    updatedBy: who.label,
  };
  await deps.transact(who.workspaceId, async (tx) => {
    await lockApp(tx, who.workspaceId, integration);
    const present = await findApp(tx, who.workspaceId, integration);
    if ((present?.version ?? 0) !== (before?.version ?? 0)) throw new AppError('edited_meanwhile');
    if (version !== null && (present?.version ?? 0) !== version) throw new AppError('edited_meanwhile');
    await refuseLosing(tx, definition, present, change);
    await saveApp(tx, app);
    if (secret !== 'keep') await forgetHost(tx, who.workspaceId, integration);
    await deps.onChanged(tx, who.workspaceId, integration);
    await record(tx, {
      who,
      action: before === null ? 'oauth_app.created' : 'oauth_app.changed',
      subject: { kind: 'oauth_app', id, name: definition.name },
      detail: {
        integration,
        client_id_changed: before !== null && before.clientId !== clientId,
        client_secret_changed: change.clientSecret !== undefined,
      },
    });
  });
  return get(deps, who, integration);
}

/** Removes the workspace's own; the operator's, where there is one, holds again. */
export async function remove(
  deps: AppsDeps,
  who: Who,
  integration: string,
  version: number | null,
): Promise<void> {
  refuseBound(who);
  const definition = (await deps.catalogs.of(who.workspaceId)).get(integration);
  await deps.transact(who.workspaceId, async (tx) => {
    await lockApp(tx, who.workspaceId, integration);
    const present = await findApp(tx, who.workspaceId, integration);
    if (present === null) throw new AppError('not_found');
    if (version !== null && present.version !== version) throw new AppError('edited_meanwhile');
    await deleteApp(tx, who.workspaceId, integration);
    await deps.onChanged(tx, who.workspaceId, integration);
    await record(tx, {
      who,
      action: 'oauth_app.deleted',
      subject: { kind: 'oauth_app', id: present.id, name: definition?.name ?? integration },
      detail: { integration },
    });
  });
}

/** Every connection of the integration lives on it, also those the token may not even see. */
function refuseBound(who: Who): void {
  if (who.connectionIds === null) return;
  throw new AppError('forbidden', {
    detail: 'This token is bound to certain connections and cannot change a sign-in setup.',
  });
}

/** A kept secret is sealed anew: the version is part of what is authenticated. */
async function sealedAs(
  deps: AppsDeps,
  place: Pick<WorkspaceApp, 'workspaceId' | 'id' | 'version'>,
  entered: ReadApp['secret'],
  before: WorkspaceApp | null,
): Promise<Pick<WorkspaceApp, 'sealed' | 'secretHint'>> {
  const opened = entered === 'keep' && before !== null ? await openAppSecret(deps, before) : null;
  if (opened?.kind === 'unreadable') {
    throw new AppError('invalid_input', {
      fields: [
        { path: 'client_secret', message: 'The stored client secret cannot be opened. Enter it again.' },
      ],
    });
  }
  const secret = entered === 'keep' ? (opened?.secret ?? null) : entered;
  if (secret === null) return { sealed: null, secretHint: null };
  const text = secret.reveal();
  return { sealed: await sealAppSecret(deps, place, text), secretHint: secretHint(text) };
}

/** What everybody may see of it: who entered it, if anybody. */
export async function setUpBy(
  deps: AppsDeps,
  workspaceId: string,
  integration: string,
): Promise<'workspace' | 'operator' | null> {
  const definition = (await deps.catalogs.of(workspaceId)).get(integration);
  const own = await deps.transact(workspaceId, (tx) => findApp(tx, workspaceId, integration));
  // One that was entered for another address is none.
  if (own !== null)
    return definition === undefined || own.addressStamp === stampOf(definition) ? 'workspace' : null;
  return (await deps.operatorApps.find(integration)) === null ? null : 'operator';
}

/** The method a setup is for: the first by which a person signs in at the provider. */
export function signInMethod(definition: Definition | undefined): OAuth2Method | undefined {
  return definition?.auth.find((method) => method.type === 'oauth2');
}

/** A refresh token belongs to the client it was given to: under another client id every connection must sign in again. */
async function refuseLosing(
  tx: Tx,
  definition: Definition,
  present: WorkspaceApp | null,
  change: AppChange,
): Promise<void> {
  if (present === null || present.clientId === change.clientId || change.signInAgain) return;
  const count = (await countSignedIn(tx, present.workspaceId)).get(present.integration) ?? 0;
  if (count === 0) return;
  const those = count === 1 ? 'One connection was' : `${count} connections were`;
  throw new AppError('conflict', {
    reason: 'client_id_in_use',
    detail: `${those} signed in under the present client ID. With another one they work until their access runs out, and must then sign in at ${definition.name} again. Nothing was changed.`,
  });
}

function shownApp(
  deps: Pick<AppsDeps, 'redirectUri'>,
  app: WorkspaceApp | OperatorApp,
  definition: Definition | undefined,
  count: number,
): OAuthApp {
  const isOwn = 'id' in app;
  const method = signInMethod(definition);
  return {
    id: isOwn ? app.id : null,
    integration: app.integration,
    integration_name: definition?.name ?? app.integration,
    method: isOwn ? app.methodId : (method?.id ?? 'oauth2'),
    problem: problemOf(definition?.name ?? app.integration, app.refusal),
    set_up_by: isOwn ? 'workspace' : 'operator',
    client_id: app.clientId,
    client_secret_hint: app.secretHint,
    redirect_uri: deps.redirectUri(app.integration, isOwn ? app.workspaceId : ''),
    connections_count: count,
    updated_at: app.updatedAt.toISOString(),
    updated_by: isOwn ? app.updatedBy : null,
    client_secret_ends_at: null,
    rotate_at: null,
    previous_secret: null,
    version: app.version,
  };
}
