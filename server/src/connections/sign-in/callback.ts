import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { AppError } from '../../lib/app-error.ts';
import { Secret } from '../../lib/secret.ts';
import { type Authorization, type Failed, LIFETIME_MS } from '../../oauth/authorization.ts';
import { holdChoice, settleAuthorization } from '../../oauth/authorizations.ts';
import { arrive, readAnswer, type Visit } from '../../oauth/callback.ts';
import { callbackMismatch } from '../../oauth/callback-match.ts';
import { exchange } from '../../oauth/exchange.ts';
import { grantedScopes } from '../../oauth/granted-scopes.ts';
import { sealHeld } from '../../oauth/held.ts';
import { clientOf } from '../../oauth/setups/client.ts';
import { redactor } from '../../outbound/redact.ts';
import type { Who } from '../../workspaces/who.ts';
import { believing, trustedBy } from '../trusted.ts';
import { type AuthorizeOutcome, completeSignIn, type SignedIn, toldBy } from './authorize.ts';
import type { CallbackOutcome, SignInsDeps } from './sign-ins.ts';

/** A browser came back from a provider. */
export async function callback(deps: SignInsDeps, visit: Visit): Promise<CallbackOutcome> {
  const arrival = await arrive(deps, visit);
  if (arrival.kind !== 'taken') return arrival;
  const { authorization, who } = arrival;
  await toItsEnd(deps, who, authorization, () => finish(deps, who, authorization, visit.query));
  return { kind: 'over', authorization };
}

/** Whatever happens, the sign-in has an end, and what it got and nobody uses is given back. */
export async function toItsEnd(
  deps: SignInsDeps,
  who: Who,
  authorization: Authorization,
  work: () => Promise<Finished>,
): Promise<void> {
  const { outcome, got } = await work().catch((error: unknown) => ({
    outcome: failedWith(deps, authorization, error),
    got: null,
  }));
  if (outcome.kind === 'failed')
    await deps.transact(who.workspaceId, async (tx) => {
      await settleAuthorization(tx, authorization, outcome);
      if (got !== null) await deps.giveBack(tx, got);
    });
  if (outcome.kind === 'choosing' && got !== null) await hold(deps, got, outcome.choice);
  deps.forget(who.workspaceId);
}

/** `got`: what was got and no connection holds. */
export interface Finished {
  outcome: AuthorizeOutcome;
  got: SignedIn | null;
}

/** From the provider's answer to the connection. */
async function finish(
  deps: SignInsDeps,
  who: Who,
  authorization: Authorization,
  query: URLSearchParams,
): Promise<Finished> {
  const without = (outcome: Failed): Finished => ({ outcome, got: null });
  const known = await methodFor(deps, authorization);
  if (known === null) return without(setupChanged(authorization.integration));
  const { definition, method } = known;
  const clientNow = () => clientOf(deps, who.workspaceId, definition, authorization.clientId);
  const found = await clientNow();
  if (found.kind !== 'client') return without(setupChanged(definition.name));
  const state = query.get('state') ?? '';
  const secrets = [new Secret(state), ...(found.client.secret === null ? [] : [found.client.secret])];
  const answer = readAnswer(definition, method, query, redactor(secrets));
  if (answer.kind === 'failed') return without(answer);
  const mismatch = callbackMismatch(definition, method, authorization.wanted.fields, query);
  if (mismatch !== null) return without(mismatch);
  const trusted = trustedBy(definition, method, authorization.wanted.fields);
  const exchanged = await exchange(
    { ...deps, clientNow, outbound: believing(deps.outbound, trusted) },
    {
      authorization,
      definition,
      method,
      client: found.client,
      code: answer.code,
      state,
    },
  );
  if (exchanged.kind === 'failed') return without(exchanged);
  const scopes = grantedScopes(method, exchanged.minted.scopes, query);
  const minted = { ...exchanged.minted, scopes };
  const told = toldBy(definition, query);
  const { account } = exchanged;
  return complete(deps, who, { authorization, definition, method, account, minted, told, chosen: null });
}

export async function complete(deps: SignInsDeps, who: Who, got: SignedIn): Promise<Finished> {
  const outcome = await completeSignIn(deps, who, got).catch((error: unknown) =>
    failedWith(deps, got.authorization, error),
  );
  if (outcome.kind === 'connected') return { outcome, got: null };
  const account = (outcome.kind === 'failed' && outcome.account) || got.account;
  return { outcome, got: { ...got, account } };
}

/** The tokens are kept, sealed, until an account is chosen or the time for that is over. */
async function hold(
  deps: SignInsDeps,
  { authorization, minted, account, told }: SignedIn,
  choice: NonNullable<Authorization['choice']>,
): Promise<void> {
  const at = deps.clock.now();
  const sealed = await sealHeld(deps, authorization, { minted, account, told, at });
  const until = new Date(at.getTime() + LIFETIME_MS);
  await deps.transact(authorization.workspaceId, (tx) =>
    holdChoice(tx, authorization, { choice, sealed, until }),
  );
}

/** What it is for, as the catalog has it now. */
export async function methodFor(
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

export function setupChanged(name: string): Failed {
  return {
    kind: 'failed',
    reason: 'setup_rejected',
    message: `The one-time sign-in setup of ${name} was changed or removed while you signed in.`,
    nextStep: 'Start the sign-in again.',
  };
}
