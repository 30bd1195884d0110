import { record } from '../../audit/record.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Who } from '../../workspaces/who.ts';
import type { WorkspaceApp } from './app.ts';
import { openAppSecret, sealAppSecret } from './app-secret.ts';
import { findApp, lockApp, saveApp } from './app-store.ts';
import { type AppsDeps, get, refuseBound, signInMethod } from './apps.ts';
import { type Saved, stepBack } from './change-app.ts';
import { checkSecret } from './check-secret.ts';
import { stampOf } from './client.ts';
import { dropPrevious, findPrevious, type StoredPrevious } from './previous-store.ts';
import { refuseUnlessSaved } from './secret-verdict.ts';

/** As for connections, where nobody says otherwise. */
const KEEP_PREVIOUS_MS = 24 * 3_600_000;

/**
 * The replaced client secret becomes current again, as a new version, and the one it replaces can be rolled back to in turn.
 * Where the provider no longer takes it nothing changes; where that cannot be found out it is taken: it worked before.
 */
export async function rollBackApp(
  deps: AppsDeps,
  who: Who,
  integration: string,
  version: number | null,
): Promise<Saved> {
  refuseBound(who);
  const definition = (await deps.catalogs.of(who.workspaceId)).get(integration);
  const method = signInMethod(definition);
  const { app, previous } = await present(deps, who, integration, version);
  if (definition === undefined || method === undefined) throw new AppError('not_found');
  if (previous === null || previous.destroyAfter <= deps.clock.now()) throw nothingThere();
  // Entered for another address than there is now: it is sent to neither.
  if (app.addressStamp !== stampOf(definition)) throw nothingThere();
  const secret = await reopened(deps, app, previous);
  const { workspaceId } = who;
  const verdict = await checkSecret(deps, workspaceId, { definition, method }, app.clientId, secret);
  refuseUnlessSaved(verdict, true);
  const place = { workspaceId, id: app.id, version: app.version + 1 };
  const sealed = await sealAppSecret(deps, place, secret.reveal());
  const at = deps.clock.now();
  await deps.transact(workspaceId, async (tx) => {
    await lockApp(tx, workspaceId, integration);
    const now = await findApp(tx, workspaceId, integration);
    if (now === null || now.id !== app.id || now.version !== app.version)
      throw new AppError('edited_meanwhile');
    // Destroyed while the provider was asked.
    if ((await findPrevious(tx, now))?.version !== previous.version) throw nothingThere();
    await stepBack(tx, now, KEEP_PREVIOUS_MS, at);
    await saveApp(tx, {
      ...now,
      ...place,
      sealed,
      secretHint: previous.hint,
      dates: previous.dates,
      updatedAt: at,
      updatedBy: who.label,
    });
    await deps.onChanged(tx, workspaceId, integration);
    await record(tx, {
      who,
      action: 'oauth_app.rolled_back',
      subject: { kind: 'oauth_app', id: app.id, name: definition.name },
      detail: { integration },
    });
  });
  return { app: await get(deps, who, integration), verdict };
}

/** The replaced client secret does not wait for the end of its time: it may be known to somebody. */
export async function destroyPreviousOf(
  deps: AppsDeps,
  who: Who,
  integration: string,
  version: number | null,
): Promise<Saved['app']> {
  refuseBound(who);
  const definition = (await deps.catalogs.of(who.workspaceId)).get(integration);
  await deps.transact(who.workspaceId, async (tx) => {
    await lockApp(tx, who.workspaceId, integration);
    const now = await findApp(tx, who.workspaceId, integration);
    if (now === null) throw new AppError('not_found');
    if (version !== null && now.version !== version) throw new AppError('edited_meanwhile');
    if (!(await dropPrevious(tx, now))) throw nothingThere();
    await record(tx, {
      who,
      action: 'oauth_app.previous_destroyed',
      subject: { kind: 'oauth_app', id: now.id, name: definition?.name ?? integration },
      detail: { integration },
    });
  });
  return get(deps, who, integration);
}

async function present(
  deps: AppsDeps,
  { workspaceId }: Who,
  integration: string,
  version: number | null,
): Promise<{ app: WorkspaceApp; previous: StoredPrevious | null }> {
  const found = await deps.transact(workspaceId, async (tx) => {
    const app = await findApp(tx, workspaceId, integration);
    return app === null ? null : { app, previous: await findPrevious(tx, app) };
  });
  if (found === null) throw new AppError('not_found');
  if (version !== null && found.app.version !== version) throw new AppError('edited_meanwhile');
  return found;
}

async function reopened(
  deps: AppsDeps,
  app: WorkspaceApp,
  { version, sealed }: StoredPrevious,
): Promise<Secret<string>> {
  const opened = await openAppSecret(deps, { ...app, version, sealed });
  if (opened.kind === 'opened' && opened.secret !== null) return opened.secret;
  throw new AppError('conflict', {
    reason: 'unreadable',
    detail: 'The client secret from before can no longer be read. Nothing was changed.',
  });
}

function nothingThere(): AppError {
  return new AppError('conflict', {
    reason: 'no_previous_secret',
    detail: 'There is no client secret from before. Nothing was changed.',
  });
}
