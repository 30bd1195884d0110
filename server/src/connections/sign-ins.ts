import type { FieldProblem } from '@keyrail/contract/errors';
import type { AuthorizationId, ConnectionId } from '@keyrail/contract/ids';
import type { OAuth2Method } from '../catalog/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { AppError } from '../lib/app-error.ts';
import { Secret } from '../lib/secret.ts';
import type { Authorization, Failed } from '../oauth/authorization.ts';
import type { AuthorizationLookup } from '../oauth/authorization-lookup.ts';
import {
  findAuthorization,
  type Standing,
  settleAuthorization,
  standingOf,
} from '../oauth/authorizations.ts';
import { type BeginDeps, type Begun, begin } from '../oauth/begin.ts';
import { type Arrival, arrive, readAnswer, type Visit } from '../oauth/callback.ts';
import { callbackMismatch } from '../oauth/callback-match.ts';
import { clientOf } from '../oauth/client.ts';
import { exchange } from '../oauth/exchange.ts';
import { grantedScopes } from '../oauth/granted-scopes.ts';
import { redactor } from '../outbound/redact.ts';
import type { Who } from '../workspaces/who.ts';
import { type AuthorizeDeps, type AuthorizeOutcome, completeSignIn } from './authorize.ts';
import { takenNames } from './connection-store.ts';
import { readEntered } from './entered.ts';
import { getConnection } from './find.ts';
import { methodIdOf } from './method.ts';
import { nameKey, nameTaken, tidyName } from './name.ts';

export interface SignInsDeps extends AuthorizeDeps, BeginDeps {
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
  callback(visit: Visit): Promise<CallbackOutcome>;
  /** For the page after the callback: the sign-in, and the tool's name; null: nothing to say. */
  ended(id: AuthorizationId): Promise<{ authorization: Authorization; toolName: string } | null>;
  /** Drops what nobody asks about any more. */
  sweep(): Promise<void>;
}

const KEPT_MS = 24 * 3_600_000;

export function createSignIns(deps: SignInsDeps): SignIns {
  const { clock, transact, lookup } = deps;
  return {
    begin: (who, ask, origin) => beginSignIn(deps, who, ask, origin),
    get: async (who, id) => {
      const found = await transact(who.workspaceId, (tx) => findAuthorization(tx, who.workspaceId, id));
      if (found === null) throw new AppError('not_found');
      return standingOf(found, clock.now());
    },
    callback: (visit) => callback(deps, visit),
    ended: async (id) => {
      const authorization = await lookup.byId(id);
      if (authorization === null) return null;
      const known = await methodFor(deps, authorization);
      return { authorization, toolName: known?.definition.name ?? authorization.integration };
    },
    sweep: () => lookup.forget(new Date(clock.now().getTime() - KEPT_MS)),
  };
}

/** Everything that can be known before the person leaves for the provider is checked before. */
async function beginSignIn(deps: SignInsDeps, who: Who, ask: SignInAsk, origin: string): Promise<Begun> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  const definition = catalog.get(ask.integration);
  if (definition === undefined) throw invalid('integration', `There is no integration “${ask.integration}”.`);
  const method = signInMethodOf(definition, ask.method);
  const existing = await existingOf(deps, who, ask, definition);
  const name = ask.name === undefined || existing !== null ? null : tidyName(ask.name);
  if (name !== null) await refuseTaken(deps, who, definition.slug, name);
  const { fields } = asFields(() =>
    readEntered(definition, method, ask.fields, existing?.fields ?? {}, deps.clock.now()),
  );
  const offered = new Set(method.scopes.filter((scope) => scope.optional).map((scope) => scope.name));
  const unknown = ask.optionalScopes.find((scope) => !offered.has(scope));
  if (unknown !== undefined) {
    throw invalid('optional_scopes', `${definition.name} has no optional scope “${unknown}” here.`);
  }
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

async function callback(deps: SignInsDeps, visit: Visit): Promise<CallbackOutcome> {
  const arrival = await arrive(deps, visit);
  if (arrival.kind !== 'taken') return arrival;
  const { authorization, who } = arrival;
  const end = await finish(deps, who, authorization, visit.query).catch((error: unknown) =>
    failedWith(deps, authorization, error),
  );
  if (end.kind === 'failed') {
    await deps.transact(who.workspaceId, (tx) => settleAuthorization(tx, authorization, end));
  }
  deps.forget(who.workspaceId);
  return { kind: 'over', authorization };
}

/** From the provider's answer to the connection. */
async function finish(
  deps: SignInsDeps,
  who: Who,
  authorization: Authorization,
  query: URLSearchParams,
): Promise<AuthorizeOutcome> {
  const known = await methodFor(deps, authorization);
  if (known === null) return setupChanged(authorization.integration);
  const { definition, method } = known;
  const found = await clientOf(deps, who.workspaceId, definition.slug, authorization.clientId);
  if (found.kind !== 'client') return setupChanged(definition.name);
  const state = query.get('state') ?? '';
  const secrets = [new Secret(state), ...(found.client.secret === null ? [] : [found.client.secret])];
  const answer = readAnswer(definition, method, query, redactor(secrets));
  if (answer.kind === 'failed') return answer;
  const mismatch = callbackMismatch(definition, method, authorization.wanted.fields, query);
  if (mismatch !== null) return mismatch;
  const exchanged = await exchange(deps, {
    authorization,
    definition,
    method,
    client: found.client,
    code: answer.code,
    state,
  });
  if (exchanged.kind === 'failed') return exchanged;
  const scopes = grantedScopes(method, exchanged.minted.scopes, query);
  const minted = { ...exchanged.minted, scopes };
  return completeSignIn(deps, who, { authorization, definition, method, query, ...exchanged, minted });
}

async function methodFor(
  deps: Pick<SignInsDeps, 'catalogs'>,
  { workspaceId, integration, methodId }: Authorization,
): Promise<{ definition: Definition; method: OAuth2Method } | null> {
  const definition = (await deps.catalogs.of(workspaceId)).get(integration);
  const method = definition?.auth.find((one) => methodIdOf(one) === methodId);
  return definition === undefined || method?.type !== 'oauth2' ? null : { definition, method };
}

/** A state is used once, so whatever happens its sign-in has an end. */
function failedWith(deps: SignInsDeps, authorization: Authorization, error: unknown): Failed {
  const isTold = error instanceof AppError && error.code !== 'internal';
  if (!isTold)
    deps.log.warn({ err: error, authorization: authorization.id }, 'a sign-in could not be finished');
  return {
    kind: 'failed',
    reason: isTold ? 'not_allowed' : 'provider_error',
    message: isTold ? error.message : 'Keyrail failed while it finished the sign-in. Nothing was saved.',
    nextStep: 'Start the sign-in again from the page of the tool.',
  };
}

function setupChanged(name: string): Failed {
  return {
    kind: 'failed',
    reason: 'setup_rejected',
    message: `The one-time sign-in setup of ${name} was changed or removed while you signed in.`,
    nextStep: 'Start the sign-in again.',
  };
}

/** `readEntered` speaks of credentials; here the same fields stand under `fields`. */
function asFields<T>(read: () => T): T {
  try {
    return read();
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
