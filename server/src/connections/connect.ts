import type { ConnectionId } from '@keyrail/contract/ids';
import type { Verdict } from '@keyrail/contract/verdicts';
import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Minted } from '../tokens/mint.ts';
import type { Tokens } from '../tokens/token.ts';
import type { Keyring } from '../vault/keyring.ts';
import { seal } from '../vault/seal.ts';
import type { SealedRecord } from '../vault/sealed-record.ts';
import { fulfilRequests } from '../workspaces/connection-requests.ts';
import type { Who } from '../workspaces/who.ts';
import { changeAfter, tellHealed } from './check.ts';
import { type Accepted, type CheckEnteredDeps, checkEntered, type Entering } from './check-entered.ts';
import { isHealthy } from './connection.ts';
import {
  announceChange,
  clearDefault,
  findDefault,
  insertConnection,
  lockIntegration,
  type NewConnection,
  takenNames,
} from './connection-store.ts';
import { credentialPlace, credentialText } from './credential.ts';
import { insertCurrent, NO_DATES, namesWithFingerprint } from './credential-store.ts';
import { enteredDates } from './dates.ts';
import { insertEvent } from './event-store.ts';
import { fingerprintOf, type KeyedHash } from './fingerprint.ts';
import { chooseMethod } from './method.ts';
import { freeName, nameKey, nameTaken, tidyName } from './name.ts';
import type { ConnectionSettings } from './settings.ts';
import type { Withdrawals } from './withdrawals/withdrawals.ts';

export interface ConnectDeps extends CheckEnteredDeps {
  transact: Transact;
  keyring: Keyring;
  catalogs: Catalogs;
  keyedHash: KeyedHash;
  settings: ConnectionSettings;
  tokens: Pick<Tokens, 'put'>;
  withdrawals: Pick<Withdrawals, 'givingUp'>;
}

/** What was entered, as it was entered: by field name, connection fields and credential fields alike. */
export type Entered = Readonly<Record<string, string>>;

export interface ConnectInput {
  integration: string;
  /** The integration's name, numbered where taken, when left out. */
  name: string | undefined;
  /** A method's id or a kind. */
  method: string | undefined;
  credentials: Entered;
  saveUnverified: boolean;
  makeDefault: boolean;
  /** When the credential ends, where a person knows it. */
  endsAt?: Date | null | undefined;
  /** When it is to be replaced. */
  rotateAt?: Date | null | undefined;
}

export interface ConnectOutcome {
  id: ConnectionId;
  verdict: Verdict;
  /** What was done to the input, in sentences. */
  notes: string[];
}

/**
 * Makes a connection: the credential is checked with its provider first, and saved only if its verdict allows (status.ts).
 * Until the one transaction at the end nothing is written, so an end in between leaves nothing.
 */
export async function connect(deps: ConnectDeps, who: Who, input: ConnectInput): Promise<ConnectOutcome> {
  refuseBoundToken(who);
  const { definition, method } = chooseMethod(
    await deps.catalogs.of(who.workspaceId),
    input.integration,
    input.method,
  );
  const name = input.name === undefined ? null : tidyName(input.name);
  if (name !== null) await refuseTaken(deps, who, definition.slug, name);
  const { credentials, saveUnverified } = input;
  const { workspaceId } = who;
  const entering = { workspaceId, definition, method, credentials, saveUnverified, existing: null };
  const accepted = await checkEntered(deps, entering);
  const id = newId<ConnectionId>('con');
  const place = credentialPlace(workspaceId, id, 1);
  const sealed = await seal(deps, place, credentialText(accepted.entered.values));
  const fingerprint = fingerprintOf(deps.keyedHash, workspaceId, accepted.entered.secrets);
  const remarks = await deps.transact(workspaceId, (tx) =>
    save(deps, tx, who, {
      id,
      name,
      entering,
      accepted,
      sealed,
      fingerprint,
      makeDefault: input.makeDefault,
      endsAt: input.endsAt ?? null,
      rotateAt: input.rotateAt ?? null,
    }),
  );
  return { id, verdict: accepted.verdict, notes: [...accepted.notes, ...remarks] };
}

interface Saving {
  id: ConnectionId;
  name: string | null;
  entering: Entering;
  accepted: Accepted;
  sealed: SealedRecord;
  fingerprint: string;
  makeDefault: boolean;
  /** As a person entered it; left out: nobody did. */
  endsAt?: Date | null;
  rotateAt?: Date | null;
}

/** Inside one transaction: connection, credential, timeline, audit, and the news. */
export async function save(deps: ConnectDeps, tx: Tx, who: Who, saving: Saving): Promise<string[]> {
  const { definition } = saving.entering;
  await lockIntegration(tx, who.workspaceId, definition.slug);
  const taken = await takenNames(tx, who.workspaceId, definition.slug);
  const name = saving.name ?? freeName(definition.name, taken);
  if (taken.has(nameKey(name))) throw nameTaken(name);
  const { fingerprint } = saving;
  const same = await namesWithFingerprint(tx, who.workspaceId, definition.slug, fingerprint);
  const hasDefault = (await findDefault(tx, who.workspaceId, definition.slug)) !== null;
  if (hasDefault && saving.makeDefault) await clearDefault(tx, who.workspaceId, definition.slug);
  const made = newConnection(deps, who, saving, name, !hasDefault || saving.makeDefault);
  await insertConnection(tx, { ...made, nameKey: nameKey(name) });
  await insertCurrent(tx, made, currentOf(saving), { at: made.createdAt, byLabel: who.label });
  await keepMinted(deps, tx, { ...made, version: 1 }, saving.accepted.minted);
  await insertEvent(tx, made, {
    kind: 'created',
    message: saving.accepted.verdict.message,
    actor: who.label,
    at: made.createdAt,
  });
  await record(tx, {
    who,
    action: 'connection.created',
    subject: { kind: 'connection', id: made.id, name },
    detail: {
      integration: made.integration,
      method: made.methodId,
      fingerprint,
      verdict: saving.accepted.verdict.kind,
    },
  });
  await fulfilRequests(deps, tx, who, { integration: made.integration, connectionId: made.id });
  await announceChange(tx, who.workspaceId);
  if (made.isDefault && isHealthy(made.status)) await tellHealed(tx, made);
  return same.length === 0 ? [] : [`The same credentials are connected already, as “${same[0]}”.`];
}

/** The token that a credential was checked with is its first one. */
export async function keepMinted(
  { tokens }: Pick<ConnectDeps, 'tokens'>,
  tx: Tx,
  { workspaceId, id, version }: { workspaceId: string; id: string; version: number },
  minted: Minted | null,
): Promise<void> {
  if (minted === null) return;
  const owner = { workspaceId, connectionId: id, credentialVersion: version };
  await tokens.put(tx, owner, { ...minted, refreshToken: null }, 'credential');
}

function newConnection(
  { settings }: ConnectDeps,
  who: Who,
  { id, entering, accepted, endsAt = null }: Saving,
  name: string,
  isDefault: boolean,
): Omit<NewConnection, 'nameKey'> {
  const { definition, method } = entering;
  const { entered, found, verdict, at } = accepted;
  const checked = changeAfter(settings, null, {
    found,
    verdict,
    definition,
    method,
    expiresAt: entered.expiresAt,
    endsAt,
    at,
  });
  return {
    id,
    workspaceId: who.workspaceId,
    integration: definition.slug,
    name,
    method: method.type,
    methodId: methodIdOf(method),
    isDefault,
    status: checked.status,
    statusReason: checked.statusReason,
    statusSince: at,
    account: found.account,
    accountId: found.accountId,
    hint: entered.hint,
    fields: entered.fields,
    lastVerdict: verdict,
    lastCheckedAt: at,
    nextCheckAt: checked.nextCheckAt,
    checksMissed: checked.checksMissed,
    createdBy: who.userId,
    createdByLabel: who.label,
    createdAt: at,
  };
}

function currentOf({ sealed, fingerprint, entering, accepted, endsAt = null, rotateAt = null }: Saving) {
  const { fields, hint, facts, expiresAt } = accepted.entered;
  const { method } = entering;
  return {
    version: 1,
    sealed,
    method: method.type,
    methodId: methodIdOf(method),
    fields,
    hint,
    fingerprint,
    facts,
    expiresAt,
    dates: enteredDates({ endsAt, rotateAt }, NO_DATES, accepted.at),
  };
}

/** Said before the provider is asked, so that nobody waits for that answer in vain. */
async function refuseTaken(
  deps: Pick<ConnectDeps, 'transact'>,
  who: Who,
  integration: string,
  name: string,
): Promise<void> {
  const taken = await deps.transact(who.workspaceId, (tx) => takenNames(tx, who.workspaceId, integration));
  if (taken.has(nameKey(name))) throw nameTaken(name);
}

/** A token for named connections is for these alone. */
function refuseBoundToken(who: Who): void {
  if (who.connectionIds === null) return;
  throw new AppError('forbidden', {
    detail: 'This token is bound to certain connections and cannot add others.',
  });
}
