import type { OAuthAppId } from '@keyrail/contract/ids';
import type { OAuthApp } from '@keyrail/contract/oauth';
import type { Verdict } from '@keyrail/contract/verdicts';
import { record } from '../../audit/record.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { AppError } from '../../lib/app-error.ts';
import { newId } from '../../lib/id.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Who } from '../../workspaces/who.ts';
import { NO_DATES, secretDates, secretHint, type WorkspaceApp } from './app.ts';
import { openAppSecret, sealAppSecret } from './app-secret.ts';
import { countSignedIn, findApp, lockApp, type NewWorkspaceApp, saveApp } from './app-store.ts';
import { type AppsDeps, get, refuseBound, signInMethod } from './apps.ts';
import { checkSecret } from './check-secret.ts';
import { stampOf } from './client.ts';
import { forgetHost } from './host-store.ts';
import { readAppInput } from './input.ts';
import { dropPrevious, keepPrevious } from './previous-store.ts';
import { refuseUnlessSaved } from './secret-verdict.ts';

export interface AppChange {
  clientId: string;
  /** What the caller saw of where the secret goes; undefined: not said. */
  addressStamp?: string | undefined;
  /** Undefined: the stored one stays, as long as the client id does. */
  clientSecret: string | undefined;
  /** Go on although connections signed in under another client id must sign in again. */
  signInAgain: boolean;
  /** Save a secret that takes another one's place even where the provider could not be asked about it. */
  saveUnverified: boolean;
  /** For how long a replaced secret can be rolled back to; 0: not at all. */
  keepPreviousMs: number;
  /** Undefined leaves a date as it is, null takes it away; a new secret has none but those given with it. */
  endsAt?: Date | null | undefined;
  rotateAt?: Date | null | undefined;
}

/** The verdict is of a secret that took another one's place; null: none was checked. */
export interface Saved {
  app: OAuthApp;
  verdict: Verdict | null;
}

const ATTEMPTS = 5;

/**
 * Enters or changes the workspace's own setup. A new secret of the same client is checked with the provider first, since every
 * connection under it lives on it; then it becomes current in one step, and the one before stays as previous for a time.
 * `version`: what the caller saw last (If-Match); 0: that there was none.
 */
export async function put(
  deps: AppsDeps,
  who: Who,
  integration: string,
  change: AppChange,
  version: number | null,
): Promise<Saved> {
  refuseBound(who);
  const definition = (await deps.catalogs.of(who.workspaceId)).get(integration);
  const method = signInMethod(definition);
  if (definition === undefined || method === undefined) throw new AppError('not_found');
  if (change.addressStamp !== undefined && change.addressStamp !== stampOf(definition))
    throw new AppError('edited_meanwhile');
  let verdict: Verdict | null = null;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await deps.transact(who.workspaceId, (tx) => findApp(tx, who.workspaceId, integration));
    if (version !== null && (before?.version ?? 0) !== version) throw new AppError('edited_meanwhile');
    const entered = await readChange(deps, who, { definition, method, before }, change);
    if (entered.isRotation && entered.secret !== null && verdict === null) {
      const of = { definition, method };
      verdict = await checkSecret(deps, who.workspaceId, of, entered.app.clientId, entered.secret);
      refuseUnlessSaved(verdict, change.saveUnverified);
    }
    if (await store(deps, who, definition, { before, change, verdict, ...entered })) {
      return { app: await get(deps, who, integration), verdict };
    }
    // Somebody else changed it meanwhile: it is done over on what there is now, unless the caller said what it was to be.
    if (version !== null) throw new AppError('edited_meanwhile');
  }
  throw new AppError('conflict', { detail: 'Others change this setup at the same time. Try again.' });
}

interface Of {
  definition: Definition;
  method: OAuth2Method;
  before: WorkspaceApp | null;
}

interface Change {
  app: NewWorkspaceApp;
  secret: Secret<string> | null;
  /** Another secret than before. */
  isNewSecret: boolean;
  /** Another secret of the same client. */
  isRotation: boolean;
}

async function readChange(deps: AppsDeps, who: Who, of: Of, change: AppChange): Promise<Change> {
  const { definition, method, before } = of;
  const addressStamp = stampOf(definition);
  // What was entered for another address is not kept for this one.
  const known = before?.addressStamp === addressStamp ? before : null;
  const { clientId, secret: entered } = readAppInput(definition, method, change, known);
  const stored = known === null ? null : await openAppSecret(deps, known);
  const had = stored?.kind === 'opened' ? stored.secret : null;
  if (entered === 'keep' && had === null) throw unreadable();
  const secret = entered === 'keep' ? had : entered;
  const isNewSecret = secret?.reveal() !== had?.reveal();
  const isSameClient = known !== null && known.clientId === clientId;
  const at = deps.clock.now();
  const id = before?.id ?? newId<OAuthAppId>('app');
  const place = { workspaceId: who.workspaceId, id, version: (before?.version ?? 0) + 1 };
  const text = secret?.reveal() ?? null;
  const dates = isNewSecret || !isSameClient ? NO_DATES : known.dates;
  const app = {
    ...place,
    addressStamp,
    enteredUnder: deps.redirectUri(definition.slug, who.workspaceId),
    integration: definition.slug,
    methodId: methodIdOf(method),
    clientId,
    // A kept secret is sealed anew: the version is part of what is authenticated.
    sealed: text === null ? null : await sealAppSecret(deps, place, text),
    secretHint: text === null ? null : secretHint(text),
    dates: secretDates(change, dates, at),
    updatedAt: at,
    updatedBy: who.label,
  };
  return {
    app,
    secret,
    isNewSecret,
    isRotation: isNewSecret && isSameClient && had !== null && secret !== null,
  };
}

interface Storing extends Change {
  before: WorkspaceApp | null;
  change: AppChange;
  verdict: Verdict | null;
}

/** In one transaction. False: somebody else changed it since it was read. */
async function store(
  deps: AppsDeps,
  who: Who,
  definition: Definition,
  { before, change, verdict, app, isNewSecret, isRotation }: Storing,
): Promise<boolean> {
  const { workspaceId, integration } = app;
  return deps.transact(workspaceId, async (tx) => {
    await lockApp(tx, workspaceId, integration);
    const present = await findApp(tx, workspaceId, integration);
    if (present?.version !== before?.version || present?.id !== before?.id) return false;
    await refuseLosing(tx, definition, present, change);
    if (isRotation && present !== null) await stepBack(tx, present, change.keepPreviousMs, app.updatedAt);
    await saveApp(tx, app);
    // The one before is of another client, or for another address: there is no way back to it.
    if (isNewSecret && !isRotation) await dropPrevious(tx, app);
    // What is entered anew may be of another server, unless the one it was for has just taken it.
    if (change.clientSecret !== undefined && verdict?.kind !== 'ok')
      await forgetHost(tx, workspaceId, integration);
    await deps.onChanged(tx, workspaceId, integration);
    await record(tx, {
      who,
      action: isRotation ? 'oauth_app.rotated' : present === null ? 'oauth_app.created' : 'oauth_app.changed',
      subject: { kind: 'oauth_app', id: app.id, name: definition.name },
      detail: {
        integration,
        client_id_changed: present !== null && present.clientId !== app.clientId,
        client_secret_changed: isNewSecret,
        client_secret_ends_at: app.dates.endsAt?.toISOString() ?? null,
        rotate_at: app.dates.rotateAt?.toISOString() ?? null,
      },
    });
    return true;
  });
}

/** The present secret makes room, and can be rolled back to for so long. */
export async function stepBack(
  tx: Tx,
  present: WorkspaceApp,
  keepPreviousMs: number,
  at: Date,
): Promise<void> {
  if (present.sealed === null || keepPreviousMs === 0) {
    await dropPrevious(tx, present);
    return;
  }
  await keepPrevious(tx, present, {
    version: present.version,
    sealed: present.sealed,
    hint: present.secretHint,
    dates: present.dates,
    replacedAt: at,
    destroyAfter: new Date(at.getTime() + keepPreviousMs),
  });
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

function unreadable(): AppError {
  return new AppError('invalid_input', {
    fields: [
      { path: 'client_secret', message: 'The stored client secret cannot be opened. Enter it again.' },
    ],
  });
}
