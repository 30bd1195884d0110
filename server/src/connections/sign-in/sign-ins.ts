import type { FieldProblem } from '@keyrail/contract/errors';
import type { AuthorizationId, ConnectionId } from '@keyrail/contract/ids';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { noSuchIntegration } from '../../catalog/no-such-integration.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Authorization } from '../../oauth/authorization.ts';
import type { AuthorizationLookup } from '../../oauth/authorization-lookup.ts';
import { findAuthorization, type Standing, standingOf } from '../../oauth/authorizations.ts';
import { type BeginDeps, type Begun, begin } from '../../oauth/begin.ts';
import type { Arrival, Visit } from '../../oauth/callback.ts';
import type { SetupGate } from '../../oauth/setups/gate.ts';
import type { Who } from '../../workspaces/who.ts';
import { takenNames } from '../connection-store.ts';
import { readEntered } from '../entered.ts';
import { getConnection } from '../find.ts';
import { nameKey, nameTaken, tidyName } from '../name.ts';
import { checkEnteredHost } from './address.ts';
import type { AuthorizeDeps, SignedIn } from './authorize.ts';
import { callback, methodFor } from './callback.ts';
import { choose, giveBackLeft } from './choice.ts';
import { personOf } from './person.ts';
import { askedOf, goOnWith } from './start.ts';

export interface SignInsDeps extends AuthorizeDeps, BeginDeps {
  /** Access that a sign-in got and that no connection of it holds is withdrawn at the provider; nobody waits for that. */
  giveBack(tx: Tx, got: SignedIn): Promise<void>;
  setupGate: Pick<SetupGate, 'heard'>;
  lookup: AuthorizationLookup;
  log: { warn(fields: object, message: string): void };
  /** What changed is not to be answered from memory. */
  forget(workspaceId: string): void;
}

export interface SignInAsk {
  integration: string;
  /** A method's id, or `oauth2`; the first one by which people sign in when left out. */
  method: string | undefined;
  connection: ConnectionId | undefined;
  name: string | undefined;
  fields: Readonly<Record<string, string>>;
  optionalScopes: readonly string[];
  makeDefault: boolean;
  acceptOtherAccount: boolean;
}

/** How a callback ended, with what the page about it may say. */
export type CallbackOutcome =
  | Exclude<Arrival, { kind: 'taken' }>
  | { kind: 'over'; authorization: Authorization };

/** Connections that people make by signing in at the provider. */
export interface SignIns {
  /** `origin`: where the page stands that asks. */
  begin(who: Who, ask: SignInAsk, origin: string): Promise<Begun>;
  get(who: Who, id: string): Promise<Standing>;
  /** Which of the accounts that a sign-in reaches its connection is for; used once. */
  choose(who: Who, id: string, value: string): Promise<Standing>;
  /** What an API token began, for the page on which a person goes on with it; null: there is none such. */
  asked(id: AuthorizationId): Promise<Asked | null>;
  /** A signed-in person goes on with it, in the browser that asks. */
  goOn(who: Who, id: string, origin: string): Promise<Begun>;
  callback(visit: Visit): Promise<CallbackOutcome>;
  /** For the page after the callback: the sign-in, and the tool's name; null: nothing to say. */
  ended(id: AuthorizationId): Promise<{ authorization: Authorization; toolName: string } | null>;
  /** Drops what nobody asks about any more. */
  sweep(): Promise<void>;
}

/** Who asks for what, before anybody goes to the provider. */
export interface Asked {
  authorization: Authorization;
  toolName: string;
  /** Where people sign in; null: the tool is gone. */
  host: string | null;
  /** Of the connection that is to be signed in again; null: a new one. */
  connectionName: string | null;
  isOver: boolean;
}

const KEPT_MS = 24 * 3_600_000;

export function createSignIns(deps: SignInsDeps): SignIns {
  const { clock, transact, lookup } = deps;
  return {
    begin: (who, ask, origin) => beginSignIn(deps, who, ask, origin),
    get: async (who, id) => {
      const found = await transact(who.workspaceId, (tx) => findAuthorization(tx, who.workspaceId, id));
      if (found === null) throw new AppError('not_found');
      return standingOf(found, personOf(who), clock.now());
    },
    choose: (who, id, value) => choose(deps, who, id, value),
    asked: (id) => askedOf(deps, id),
    goOn: (who, id, origin) => goOnWith(deps, who, id, origin),
    callback: (visit) => callback(deps, visit),
    ended: async (id) => {
      const authorization = await lookup.byId(id);
      if (authorization === null) return null;
      const known = await methodFor(deps, authorization);
      return { authorization, toolName: known?.definition.name ?? authorization.integration };
    },
    sweep: async () => {
      await giveBackLeft(deps);
      await lookup.forget(new Date(clock.now().getTime() - KEPT_MS));
    },
  };
}

/** Everything that can be known before the person leaves for the provider is checked before. */
async function beginSignIn(deps: SignInsDeps, who: Who, ask: SignInAsk, origin: string): Promise<Begun> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  const definition = catalog.get(ask.integration);
  if (definition === undefined) throw invalid('integration', noSuchIntegration(catalog, ask.integration));
  const method = signInMethodOf(definition, ask.method);
  const existing = await existingOf(deps, who, ask, definition);
  const name = ask.name === undefined || existing !== null ? null : tidyName(ask.name);
  if (name !== null) await refuseTaken(deps, who, definition.slug, name);
  const { fields } = await asFields(() =>
    readEntered(definition, method, ask.fields, existing?.fields ?? {}, deps.clock.now()),
  );
  const offered = new Set(method.scopes.filter((scope) => scope.optional).map((scope) => scope.name));
  const unknown = ask.optionalScopes.find((scope) => !offered.has(scope));
  if (unknown !== undefined) {
    throw invalid('optional_scopes', `${definition.name} has no optional scope “${unknown}” here.`);
  }
  await checkEnteredHost(deps, definition, method, fields);
  const { optionalScopes, makeDefault, acceptOtherAccount } = ask;
  const wanted = { name, fields, optionalScopes, makeDefault, acceptOtherAccount };
  return begin(deps, who, { definition, method, connectionId: existing?.id ?? null, wanted, origin });
}

function signInMethodOf(definition: Definition, asked: string | undefined): OAuth2Method {
  for (const method of definition.auth) {
    if (method.type !== 'oauth2') continue;
    if (asked === undefined || asked === method.type || asked === methodIdOf(method)) return method;
  }
  throw invalid('method', `Nobody signs in at ${definition.name} this way.`);
}

async function existingOf(deps: SignInsDeps, who: Who, ask: SignInAsk, { slug, name }: Definition) {
  const { connection } = ask;
  if (connection === undefined) {
    if (who.connectionIds === null) return null;
    throw new AppError('forbidden', {
      detail: 'This token is bound to certain connections and cannot add others.',
    });
  }
  const existing = await deps.transact(who.workspaceId, (tx) => getConnection(tx, who, connection));
  if (existing.integration !== slug) throw invalid('connection', `This is no connection of ${name}.`);
  return existing;
}

async function refuseTaken(
  { transact }: Pick<SignInsDeps, 'transact'>,
  who: Who,
  integration: string,
  name: string,
): Promise<void> {
  const taken = await transact(who.workspaceId, (tx) => takenNames(tx, who.workspaceId, integration));
  if (taken.has(nameKey(name))) throw nameTaken(name);
}

/** `readEntered` speaks of credentials; here the same fields stand under `fields`. */
async function asFields<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AppError) || error.fields === undefined) throw error;
    const fields: FieldProblem[] = error.fields.map(({ path, message }) => ({
      path: path.replace(/^credentials\./, 'fields.'),
      message,
    }));
    throw new AppError(error.code, { fields });
  }
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { fields: [{ path, message }] });
}
