import type { OAuthApp } from '@keyrail/contract/oauth';
import { record } from '../../audit/record.ts';
import type { Catalogs } from '../../catalog/catalogs.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Tx } from '../../lib/tx.ts';
import { letGo } from '../../notices/raise.ts';
import type { Outbound } from '../../outbound/call.ts';
import type { Who } from '../../workspaces/who.ts';
import type { OperatorApp, PreviousSecret, WorkspaceApp } from './app.ts';
import { countSignedIn, deleteApp, findApp, listApps, lockApp, type OperatorAppStore } from './app-store.ts';
import { type ClientDeps, stampOf } from './client.ts';
import { problemOf } from './problem.ts';

export interface AppsDeps extends ClientDeps {
  catalogs: Catalogs;
  operatorApps: OperatorAppStore;
  clock: Clock;
  /** To be registered with the provider; one per integration. */
  redirectUri(integration: string, workspaceId: string): string;
  outbound: Pick<Outbound, 'call'>;
  /** The same for calls to an address that these fields make, believing whom they name beside the host. */
  outboundFor(
    definition: Definition,
    method: OAuth2Method,
    fields: Readonly<Record<string, string>>,
  ): Pick<Outbound, 'call'>;
  /**
   * What addresses of an integration are made from, as connections have it that people signed in for: where a client secret
   * can be tried. At most so many.
   */
  signedInFields(workspaceId: string, integration: string): Promise<Readonly<Record<string, string>>[]>;
  /** The client id, or the secret, of an integration is another one now: what waited for that is tried again. */
  onChanged(tx: Tx, workspaceId: string, integration: string): Promise<void>;
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
    await letGo(tx, {
      workspaceId: who.workspaceId,
      subject: { kind: 'sign_in_setup', id: integration },
      at: deps.clock.now(),
    });
    await record(tx, {
      who,
      action: 'oauth_app.deleted',
      subject: { kind: 'oauth_app', id: present.id, name: definition?.name ?? integration },
      detail: { integration },
    });
  });
}

/** Every connection of the integration lives on it, also those the token may not even see. */
export function refuseBound(who: Who): void {
  if (who.connectionIds === null) return;
  throw new AppError('forbidden', {
    detail: 'This token is bound to certain connections and cannot change a sign-in setup.',
  });
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
  const shared = await deps.operatorApps.find(integration);
  const isForThis = definition === undefined || shared?.addressStamp === stampOf(definition);
  return shared === null || !isForThis ? null : 'operator';
}

/** The method a setup is for: the first by which a person signs in at the provider. */
export function signInMethod(definition: Definition | undefined): OAuth2Method | undefined {
  return definition?.auth.find((method) => method.type === 'oauth2');
}

function shownApp(
  { redirectUri, clock }: Pick<AppsDeps, 'redirectUri' | 'clock'>,
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
    redirect_uri: redirectUri(app.integration, isOwn ? app.workspaceId : ''),
    connections_count: count,
    updated_at: app.updatedAt.toISOString(),
    updated_by: isOwn ? app.updatedBy : null,
    client_secret_ends_at: isOwn ? (app.dates.endsAt?.toISOString() ?? null) : null,
    rotate_at: isOwn ? (app.dates.rotateAt?.toISOString() ?? null) : null,
    previous_secret: shownPrevious(app.previous, clock.now()),
    version: app.version,
  };
}

/** Once its time is over it is gone, whenever it is destroyed. */
function shownPrevious(previous: PreviousSecret | null, now: Date): OAuthApp['previous_secret'] {
  if (previous === null || previous.destroyAfter <= now) return null;
  const { hint, replacedAt, destroyAfter } = previous;
  return { hint, replaced_at: replacedAt.toISOString(), destroyed_at: destroyAfter.toISOString() };
}
