import type { ConnectionId } from '@keyrail/contract/ids';
import type { Fact } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import { authenticator } from '../../auth-methods/apply.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { ADDRESS_STAMP, fieldProblem, fixedFields } from '../../catalog/requests/base-url.ts';
import { newId } from '../../lib/id.ts';
import { Secret } from '../../lib/secret.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Choice } from '../../oauth/account-choice.ts';
import type { Authorization, Failed } from '../../oauth/authorization.ts';
import { settleAuthorization } from '../../oauth/authorizations.ts';
import type { TokenAccount } from '../../oauth/token-minted.ts';
import { literalCredential } from '../../outbound/credential-source.ts';
import type { Minted } from '../../tokens/mint.ts';
import type { Tokens } from '../../tokens/token.ts';
import { seal } from '../../vault/seal.ts';
import type { Who } from '../../workspaces/who.ts';
import { changeAfter } from '../check.ts';
import { type ConnectDeps, save } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { credentialPlace, credentialText } from '../credential.ts';
import { getConnection, takeConnection } from '../find.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { basePathOf } from '../method.ts';
import { probe } from '../probe.ts';
import { makeCurrent, storeAsCurrent } from '../replace.ts';
import { missingScopes } from '../scopes.ts';
import { saveDecision } from '../status.ts';
import { type Finding, finding, verdictOf } from '../verdict.ts';
import type { GiveUp } from '../withdrawals/withdraw.ts';
import { saveAskedScopes } from './asked-scopes-store.ts';
import { addressDenied, connectionGone, otherAccount, withoutAddress } from './authorize-words.ts';
import { chooseAccount } from './choose-account.ts';

export interface AuthorizeDeps extends ConnectDeps {
  tokens: Pick<Tokens, 'put' | 'facts'>;
}

/** A sign-in whose code was exchanged. */
export interface SignedIn {
  authorization: Authorization;
  definition: Definition;
  method: OAuth2Method;
  minted: Minted;
  account: TokenAccount | null;
  /** Connection fields that came along with the code. */
  told: Readonly<Record<string, string>>;
  /** Which of several accounts its person chose; null: nobody was asked yet. */
  chosen: Choice | null;
}

export type AuthorizeOutcome =
  | Failed
  | { kind: 'connected'; connectionId: ConnectionId }
  /** It reaches several accounts: one must be chosen first. Nothing is saved. */
  | { kind: 'choosing'; choice: { label: string; choices: readonly Choice[] } };

/**
 * Makes a connection of a sign-in, or gives an existing one its new access: id, name, default and everything that uses it
 * stay. What was got is checked first. Connection, credential, tokens and the end of the sign-in are one transaction.
 */
export async function completeSignIn(
  deps: AuthorizeDeps,
  who: Who,
  signedIn: SignedIn,
): Promise<AuthorizeOutcome> {
  const { authorization, definition } = signedIn;
  const existing = await existingOf(deps, who, authorization);
  if (existing === 'gone') return connectionGone();
  const before = fieldsOf(signedIn, existing);
  if (before === null) return withoutAddress(definition.name);
  const account = await chooseAccount(deps, signedIn, before, existing);
  if (account.kind !== 'chosen') return account;
  const { fields } = account;
  const checked = await check(deps, signedIn, fields, existing, account.chosen);
  if ('reason' in checked) return checked;
  const ready = { ...signedIn, ...checked, fields, facts: factsOf(signedIn, account.chosen) };
  return existing === null
    ? connectAuthorized(deps, who, ready)
    : reconnectAuthorized(deps, who, existing, ready);
}

interface Checked {
  found: Finding;
  verdict: Verdict;
  at: Date;
}

type Ready = SignedIn & Checked & { fields: Readonly<Record<string, string>>; facts: Fact[] };

/** What was chosen, by its name: the field that holds it is often an id that tells nobody anything. */
function factsOf({ method: { accountChoice } }: SignedIn, chosen: Choice | null): Fact[] {
  return chosen === null || accountChoice === undefined
    ? []
    : [{ label: accountChoice.label, value: chosen.label }];
}

async function existingOf(
  { transact }: Pick<AuthorizeDeps, 'transact'>,
  who: Who,
  { connectionId }: Authorization,
): Promise<Connection | null | 'gone'> {
  if (connectionId === null) return null;
  return transact(who.workspaceId, (tx) => getConnection(tx, who, connectionId)).catch(() => 'gone' as const);
}

/** What came with the code; of what is said twice, or cannot stand in an address, nothing. */
export function toldBy({ connectionFields }: Pick<Definition, 'connectionFields'>, query: URLSearchParams) {
  const told = connectionFields.flatMap((field) => {
    if (field.filledFrom?.source !== 'callback_query') return [];
    const values = query.getAll(field.filledFrom.path);
    const [value = ''] = values;
    return values.length !== 1 || fieldProblem(field, value) !== null ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(told);
}

interface FieldsOf extends Pick<SignedIn, 'definition' | 'told'> {
  authorization: Pick<Authorization, 'wanted' | 'clientId'>;
  minted: Pick<Minted, 'fields'>;
}

/**
 * What was entered at the start, and what the provider told; null where an address cannot be made of it. Which places the access
 * before was for says nothing of this one: it is for where people have just signed in.
 */
export function fieldsOf(
  { definition, authorization, minted, told }: FieldsOf,
  existing: Pick<Connection, 'fields'> | null,
): Readonly<Record<string, string>> | null {
  const { [ADDRESS_STAMP]: _, ...before } = existing?.fields ?? {};
  const fields: Record<string, string> = {
    ...before,
    ...authorization.wanted.fields,
    ...minted.fields,
    ...told,
    ...fixedFields(definition),
    ...clientIdOf(definition, authorization),
  };
  const isMissing = definition.connectionFields.some(
    ({ name, required, filledFrom }) =>
      required &&
      (filledFrom?.source === 'token_response' || filledFrom?.source === 'callback_query') &&
      !Object.hasOwn(fields, name),
  );
  return isMissing ? null : fields;
}

/** Tokens are good with the client id they were given to alone, whatever the setup says later. */
function clientIdOf(
  { connectionFields }: Definition,
  { clientId }: Pick<Authorization, 'clientId'>,
): Record<string, string> {
  const fields = connectionFields.filter(
    (field) => field.filledFrom?.source === 'client_id' && fieldProblem(field, clientId) === null,
  );
  return Object.fromEntries(fields.map(({ name }) => [name, clientId]));
}

/** Like a credential that is entered; but what could not be checked is kept, since signing in again would tell no more. */
async function check(
  deps: AuthorizeDeps,
  signedIn: SignedIn,
  fields: Readonly<Record<string, string>>,
  existing: Connection | null,
  chosen: Choice | null,
): Promise<Checked | Failed> {
  const { definition, method, authorization, account } = signedIn;
  const { name } = definition;
  const reached = await reach(deps, signedIn, fields);
  if (reached === 'denied') return addressDenied(name);
  const known = withAccount(withAccount(reached, account), chosen && { id: null, name: chosen.label });
  const at = deps.clock.now();
  const isOther =
    existing?.accountId != null && known.accountId !== null && existing.accountId !== known.accountId;
  const whose = { id: known.accountId, name: known.account?.name ?? null };
  if (isOther && !authorization.wanted.acceptOtherAccount)
    return { ...otherAccount(name, existing, known), account: whose };
  // Scopes that a person unticked are missed at the first use; better to say so now.
  const found = missingScopes(known, definition, {
    asked: askedScopes(signedIn),
    granted: signedIn.minted.scopes,
  });
  const circumstances = {
    definition,
    method,
    moment: 'entering',
    looksLike: null,
    otherAccount: null,
  } as const;
  const verdict = verdictOf(found, { ...circumstances, at });
  if (saveDecision(found.kind) !== 'refuse') return { found, verdict, at };
  const said = found.said === null ? '' : ` ${name} says: “${found.said}”`;
  return {
    kind: 'failed',
    reason: 'rejected',
    message: `You signed in, but ${name} then refused the access it had given. Nothing was saved.${said}`,
    nextStep: verdict.next_step ?? 'Sign in again.',
  };
}

async function reach(
  deps: AuthorizeDeps,
  { definition, method, minted, authorization: { workspaceId } }: SignedIn,
  fields: Readonly<Record<string, string>>,
): Promise<Finding | 'denied'> {
  const token = new Secret({ access_token: minted.accessToken.reveal() });
  const signer = authenticator(method, token, basePathOf(definition, method, fields));
  const outcome = await probe(deps, {
    definition,
    method,
    fields,
    credential: literalCredential({ version: 1, ...signer }),
    workspaceId,
    connectionId: null,
    timeoutMs: deps.settings.checkTimeoutMs,
  });
  if (outcome.kind === 'egress_denied') return 'denied';
  if (outcome.kind === 'found') return outcome.finding;
  return finding('provider_error', { because: 'the check could not be made' });
}

/** The check's word on whose account it is goes before the token answer's. */
function withAccount(found: Finding, account: TokenAccount | null): Finding {
  if (account === null) return found;
  const named = { plan: null, credits_left: null, ...found.account };
  return {
    ...found,
    accountId: found.accountId ?? account.id,
    account: { ...named, name: found.account?.name ?? account.name },
  };
}

async function connectAuthorized(deps: AuthorizeDeps, who: Who, ready: Ready): Promise<AuthorizeOutcome> {
  const { authorization, definition, method, minted, fields, facts, found, verdict, at } = ready;
  const { workspaceId } = who;
  const { wanted } = authorization;
  const id = newId<ConnectionId>('con');
  const values = sealedValues(ready);
  const sealed = await seal(deps, credentialPlace(workspaceId, id, 1), credentialText(values));
  const fingerprint = fingerprintOf(deps.keyedHash, workspaceId, secretsOf(minted));
  await deps.transact(workspaceId, async (tx) => {
    const entered = { values, fields, hint: null, secrets: [], notes: [], facts, expiresAt: null };
    const credentials = wanted.fields;
    await save(deps, tx, who, {
      id,
      name: wanted.name,
      entering: { workspaceId, definition, method, credentials, saveUnverified: true, existing: null },
      // Its tokens are put below, with what renews them.
      accepted: { found, verdict, at, entered, notes: [], minted: null },
      sealed,
      fingerprint,
      makeDefault: wanted.makeDefault,
    });
    await putTokens(deps, tx, ready, id, 1);
  });
  return { kind: 'connected', connectionId: id };
}

async function reconnectAuthorized(
  deps: AuthorizeDeps,
  who: Who,
  existing: Connection,
  ready: Ready,
): Promise<AuthorizeOutcome> {
  const { definition, method, minted, fields, facts, found, verdict, at } = ready;
  const fingerprint = fingerprintOf(deps.keyedHash, who.workspaceId, secretsOf(minted));
  const { id } = existing;
  const giveUp = await deps.withdrawals.givingUp(who.workspaceId);
  await storeAsCurrent(deps, who, id, sealedValues(ready), async (tx, next) => {
    const before = await takeConnection(tx, who, id);
    const as = { method: method.type, methodId: methodIdOf(method), fields, hint: null };
    const checked = changeAfter(deps.settings, null, { found, verdict, definition, method, at });
    const isOver = await isOverForGood(deps, tx, before);
    await makeCurrent(tx, who, before, {
      stored: { ...next, ...as, fingerprint, facts, expiresAt: null },
      change: { ...checked, ...as },
      event: { kind: 'reconnected', message: `Signed in again. ${verdict.message}`, actor: who.label, at },
      keepPreviousMs: isOver ? 0 : deps.settings.keepPreviousMs,
      giveUp: isOver ? exceptCurrent(giveUp) : giveUp,
    });
    await putTokens(deps, tx, ready, id, next.version);
  });
  return { kind: 'connected', connectionId: id };
}

/** Access that the provider ended: going back to it would bring nothing. What was cut off here alone may yet be found. */
async function isOverForGood(
  { tokens }: Pick<AuthorizeDeps, 'tokens'>,
  tx: Tx,
  { workspaceId, id, credentialVersion }: Connection,
): Promise<boolean> {
  if (credentialVersion === null) return false;
  const facts = await tokens.facts(tx, workspaceId, [{ connectionId: id, credentialVersion }]);
  const ended = facts.get(id)?.ended ?? null;
  return ended !== null && ended.because !== 'interrupted';
}

/** Nobody need be told to end what has ended: the answer would be a refusal, and read as if access were left open. */
function exceptCurrent(giveUp: GiveUp): GiveUp {
  return (tx, connection, states, because) =>
    giveUp(
      tx,
      connection,
      states.filter((state) => state !== 'current'),
      because,
    );
}

async function putTokens(
  { tokens }: Pick<AuthorizeDeps, 'tokens'>,
  tx: Tx,
  { authorization, minted, method }: Ready,
  connectionId: ConnectionId,
  credentialVersion: number,
): Promise<void> {
  const owner = { workspaceId: authorization.workspaceId, connectionId, credentialVersion };
  const asked = askedScopes({ authorization, method });
  // Not said means as asked (RFC 6749 §5.1).
  await tokens.put(tx, owner, { ...minted, scopes: minted.scopes ?? asked }, 'refresh_token');
  await saveAskedScopes(tx, owner, asked);
  await settleAuthorization(tx, authorization, { state: 'connected', connectionId });
}

function askedScopes({ authorization, method }: Pick<SignedIn, 'authorization' | 'method'>): string[] {
  const optional = new Set(authorization.wanted.optionalScopes);
  return method.scopes
    .filter((scope) => !scope.optional || optional.has(scope.name))
    .map((scope) => scope.name);
}

/** No secret: a refresh token is worth something under this client id alone. */
function sealedValues({ authorization }: SignedIn): Secret<Readonly<Record<string, string>>> {
  return new Secret({ client_id: authorization.clientId, redirect_uri: authorization.redirectUri });
}

function secretsOf({ accessToken, refreshToken }: Minted): Secret<string>[] {
  return [refreshToken ?? accessToken];
}
