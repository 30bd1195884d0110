import { z } from 'zod';
import { authenticator, usesTokens } from '../auth-methods/apply.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Credential, CredentialSource, Unavailable } from '../outbound/credential-source.ts';
import type { TokenOwner } from '../tokens/mint.ts';
import type { Token, TokenOutcome, Tokens } from '../tokens/token.ts';
import type { Keyring } from '../vault/keyring.ts';
import { open } from '../vault/open.ts';
import type { SecretPlace } from '../vault/sealed-record.ts';
import { isBroken } from './connection.ts';
import { findConnection, touchLastUsed } from './connection-store.ts';
import { findCredential, type StoredCredential } from './credential-store.ts';
import { givenFields } from './given-fields.ts';
import { createMemory } from './memory.ts';
import { basePathOf, type MethodInUse, methodOf } from './method.ts';
import { type TokenUse, tokenCredential, unavailable } from './token-method.ts';
import { credentialVersionIn, generationIn } from './token-version.ts';

interface Deps {
  transact: Transact;
  keyring: Keyring;
  catalogs: Catalogs;
  clock: Clock;
  tokens: Pick<Tokens, 'current' | 'forCheck' | 'renewed' | 'fresh'>;
  /** A stored secret does not open. */
  onDamaged(workspaceId: string, connectionId: string, version: number, because: string): Promise<void>;
  /** The token in use came with another address than the connection has. */
  onMoved(owner: TokenOwner, came: Fields): Promise<void>;
  /** The newest credential there is was refused. */
  onRefused(workspaceId: string, connectionId: string, version: number): Promise<void>;
}

interface Limits {
  /** How long an opened credential stays in memory when nobody says that it changed. */
  keepMs: number;
}

/** The one door through which the secret of a connection leaves the database, and only towards outbound. */
export interface CredentialDoor {
  /**
   * For calls to the address that `fields` make. Of a connection that is broken, or whose credential was entered for
   * another address meanwhile, it gives nothing: a new key is never sent to the old place.
   */
  source(workspaceId: string, connectionId: string, fields: Fields): CredentialSource;
  /**
   * For checks: also of a broken one, since that is how it is found healed. A refusal is final, but a refused token is
   * renewed first. `fields` as above.
   */
  sourceForCheck(workspaceId: string, connectionId: string, fields: Fields): CredentialSource;
  /** What was entered, for sealing it again as another version; null where it does not open. */
  reopen(
    place: { workspaceId: string; connectionId: string },
    stored: StoredCredential,
  ): Promise<Secret<Readonly<Record<string, string>>> | null>;
  /** For checking one that was reopened, before it is used again. */
  sourceOf(
    place: { workspaceId: string; connectionId: string },
    stored: StoredCredential,
    known: MethodInUse,
    values: Secret<Readonly<Record<string, string>>>,
  ): CredentialSource;
  forget(workspaceId: string | null): void;
}

/** What was entered with a credential and is no secret; addresses are made from it. */
type Fields = Readonly<Record<string, string>>;

/** An opened credential: put on requests as it is, or through the tokens that are made from it. */
interface Opened {
  kind: 'opened';
  use: { kind: 'plain'; credential: Credential } | ({ kind: 'token' } & TokenUse);
  fields: Fields;
  /** The names of those that addresses are made from: a user name or key id beside the secret is none. */
  ofAddress: ReadonlySet<string>;
  isBroken: boolean;
}

type Loaded = Opened | Unavailable;
type Found = Awaited<ReturnType<CredentialSource['current']>>;
type Newer = Awaited<ReturnType<CredentialSource['refused']>>;

const MAX_KEPT = 2_000;
/** One report of a refusal is enough for the many calls that were under way with the same credential. */
const REFUSAL_KEPT_MS = 1_000;
/** "Last used" is told to the minute. */
const USE_STEP_MS = 60_000;

export function createCredentialDoor(deps: Deps, limits: Limits): CredentialDoor {
  const opened = createMemory<Loaded>(deps, { keepMs: limits.keepMs, maxEntries: MAX_KEPT });
  const refusals = createMemory<Newer>(deps, { keepMs: REFUSAL_KEPT_MS, maxEntries: MAX_KEPT });
  const load = (workspaceId: string, connectionId: string) =>
    opened.get(workspaceId, connectionId, () => loadCredential(deps, workspaceId, connectionId, true));

  async function newerThan(workspaceId: string, connectionId: string, fields: Fields, version: number) {
    opened.drop(workspaceId, connectionId);
    const loaded = await load(workspaceId, connectionId);
    if (loaded.kind === 'unavailable') return null;
    const is = addressOf(loaded, fields);
    if (is !== 'same') return is === 'moved' ? MOVED : null;
    // Another process has just found that the token has ended: that says more than the answer it brought about.
    if (loaded.isBroken) return loaded.use.kind === 'token' ? BROKEN : null;
    const newer = await newerIn(deps, loaded, version, false, fields);
    if (newer === null) await deps.onRefused(workspaceId, connectionId, credentialVersionIn(version));
    return newer;
  }

  return {
    source: (workspaceId, connectionId, fields) => ({
      current: async () => {
        const known = unfitFor(await load(workspaceId, connectionId), fields);
        // Either may be older than the other: what is in memory, or what the call was made of.
        if (known === MOVED) opened.drop(workspaceId, connectionId);
        const loaded = await load(workspaceId, connectionId);
        const found = unfitFor(loaded, fields) ?? (await currentOf(deps, loaded, fields));
        if (found === MOVED) opened.drop(workspaceId, connectionId);
        return found;
      },
      refused: (version) =>
        refusals.get(workspaceId, `${connectionId} ${version}`, () =>
          newerThan(workspaceId, connectionId, fields, version),
        ),
    }),
    sourceForCheck: (workspaceId, connectionId, fields) => {
      const loadForCheck = async () => {
        const loaded = await loadCredential(deps, workspaceId, connectionId, false);
        return loaded.kind === 'opened'
          ? (unfitFor({ ...loaded, isBroken: false }, fields) ?? loaded)
          : loaded;
      };
      return {
        current: async () => currentOf(deps, await loadForCheck(), fields, deps.tokens.forCheck),
        refused: async (version) => {
          const loaded = await loadForCheck();
          const isToken = loaded.kind === 'opened' && loaded.use.kind === 'token';
          return isToken ? newerIn(deps, loaded, version, true, fields) : null;
        },
      };
    },
    reopen: async ({ workspaceId, connectionId }, stored) => {
      const result = await openStored(deps, workspaceId, connectionId, stored);
      return result.kind === 'opened' ? result.values : null;
    },
    sourceOf: ({ workspaceId, connectionId }, stored, known, values) => {
      const of = openedOf(workspaceId, connectionId, stored, known, values, false);
      const refused = async (version: number) =>
        of.use.kind === 'token' ? newerIn(deps, of, version, true, of.fields) : null;
      return { current: () => currentOf(deps, of, of.fields), refused };
    },
    forget: (workspaceId) => {
      opened.forget(workspaceId);
      refusals.forget(workspaceId);
    },
  };
}

const BROKEN: Unavailable = { kind: 'unavailable', because: 'broken' };
const MOVED: Unavailable = { kind: 'unavailable', because: 'moved', retryAfterSeconds: 1 };

/** `fields`: what the call's address was made of. */
async function currentOf(
  deps: Deps,
  loaded: Loaded,
  fields: Fields,
  tokenOf = deps.tokens.current,
): Promise<Found> {
  if (loaded.kind === 'unavailable') return loaded;
  const { use } = loaded;
  if (use.kind === 'plain') return { kind: 'credential', credential: use.credential };
  const outcome = await tokenOf(use.owner);
  if (outcome.kind !== 'token') return withoutToken(deps, use, outcome);
  if (hasMoved(use, outcome.token, fields)) return moved(deps, use, outcome.token);
  return { kind: 'credential', credential: tokenCredential(use, outcome.token) };
}

/** `version` was refused. Null: there is nothing newer, nor anything to make it from. */
async function newerIn(
  deps: Deps,
  { use }: Opened,
  version: number,
  always: boolean,
  fields: Fields,
): Promise<Newer> {
  if (use.kind === 'plain') return use.credential.version === version ? null : use.credential;
  const isOlder = credentialVersionIn(version) !== use.owner.credentialVersion;
  const outcome = isOlder
    ? await deps.tokens.current(use.owner)
    : await deps.tokens.renewed(use.owner, generationIn(version), always);
  if (outcome.kind === 'as_it_is') return null;
  if (outcome.kind !== 'token') return withoutToken(deps, use, outcome);
  if (hasMoved(use, outcome.token, fields)) return moved(deps, use, outcome.token);
  return tokenCredential(use, outcome.token);
}

async function withoutToken(
  deps: Deps,
  { owner }: TokenUse,
  outcome: Exclude<TokenOutcome, { kind: 'token' }>,
): Promise<Unavailable> {
  if (outcome.kind === 'unreadable') {
    const { workspaceId, connectionId, credentialVersion } = owner;
    await deps.onDamaged(workspaceId, connectionId, credentialVersion, outcome.because);
  }
  return unavailable(outcome);
}

/** Where a connection's secret belongs; authenticated with it. */
export function credentialPlace(workspaceId: string, connectionId: string, version: number): SecretPlace {
  return { workspaceId, recordId: connectionId, version, purpose: 'credential' };
}

/** What is sealed: everything entered, as JSON by field name. */
export function credentialText(values: Secret<Readonly<Record<string, string>>>): Secret<string> {
  return new Secret(JSON.stringify(values.reveal()));
}

async function loadCredential(
  deps: Deps,
  workspaceId: string,
  connectionId: string,
  isUse: boolean,
): Promise<Loaded> {
  const found = await deps.transact(workspaceId, (tx) => read(deps, tx, workspaceId, connectionId, isUse));
  if (found === null) return { kind: 'unavailable', because: 'missing' };
  const { connection, stored } = found;
  const known = methodOf(await deps.catalogs.of(workspaceId), { ...connection, methodId: stored.methodId });
  if (known === null) return { kind: 'unavailable', because: 'broken' };
  const result = await openStored(deps, workspaceId, connectionId, stored);
  if (result.kind === 'unreadable') {
    await deps.onDamaged(workspaceId, connectionId, stored.version, result.because);
    return { kind: 'unavailable', because: 'unreadable' };
  }
  return openedOf(workspaceId, connectionId, stored, known, result.values, isBroken(connection.status));
}

function openedOf(
  workspaceId: string,
  connectionId: string,
  { version, fields }: StoredCredential,
  { definition, method }: MethodInUse,
  values: Secret<Fields>,
  isOutOfUse: boolean,
): Opened {
  const ofAddress = new Set(definition.connectionFields.map(({ name }) => name));
  const shared = { kind: 'opened', fields, ofAddress, isBroken: isOutOfUse } as const;
  if (usesTokens(method, fields)) {
    const owner = { workspaceId, connectionId, credentialVersion: version };
    return { ...shared, use: { kind: 'token', owner, definition, method, values, fields } };
  }
  const signer = authenticator(method, values, basePathOf(definition, method, fields));
  return { ...shared, use: { kind: 'plain', credential: { ...signer, version } } };
}

/** Why it is not for a call to the address that `fields` make; null: it is. */
function unfitFor(loaded: Loaded, fields: Fields): Unavailable | null {
  if (loaded.kind === 'unavailable') return null;
  const is = addressOf(loaded, fields);
  if (is === 'moved') return MOVED;
  return is === 'other' || loaded.isBroken ? BROKEN : null;
}

/** `moved`: the other side itself has given another address since, with a token. `other`: somebody entered another one. */
function addressOf({ use, fields: own, ofAddress }: Opened, fields: Fields): 'same' | 'moved' | 'other' {
  const differing = [...ofAddress].filter((name) => own[name] !== fields[name]);
  if (differing.length === 0) return 'same';
  const given = use.kind === 'token' ? givenWithTokens(use) : new Set<string>();
  return differing.every((name) => given.has(name)) ? 'moved' : 'other';
}

/** A new token never goes to an address that did not come with it. */
function hasMoved({ definition }: TokenUse, { fields: came }: Token, fields: Fields): boolean {
  return Object.entries(givenFields(definition, came)).some(([name, value]) => fields[name] !== value);
}

async function moved(deps: Deps, use: TokenUse, { fields: came }: Token): Promise<Unavailable> {
  await deps.onMoved(use.owner, came);
  return MOVED;
}

function givenWithTokens({ definition }: TokenUse): ReadonlySet<string> {
  const given = definition.connectionFields.filter((field) => field.filledFrom?.source === 'token_response');
  return new Set(given.map(({ name }) => name));
}

async function read(deps: Deps, tx: Tx, workspaceId: string, connectionId: string, isUse: boolean) {
  const connection = await findConnection(tx, workspaceId, connectionId);
  if (connection === null || connection.status === 'disconnected') return null;
  const stored = await findCredential(tx, connection, 'current');
  if (stored === null) return null;
  const now = deps.clock.now();
  const isNewMinute = now.getTime() - (connection.lastUsedAt?.getTime() ?? 0) >= USE_STEP_MS;
  if (isUse && isNewMinute && !isBroken(connection.status)) {
    await touchLastUsed(tx, workspaceId, connectionId, now);
  }
  return { connection, stored };
}

const valuesShape = z.record(z.string(), z.string());

export async function openStored(
  { keyring }: Pick<Deps, 'keyring'>,
  workspaceId: string,
  connectionId: string,
  stored: Pick<StoredCredential, 'version' | 'sealed'>,
): Promise<
  | { kind: 'opened'; values: Secret<Readonly<Record<string, string>>> }
  | { kind: 'unreadable'; because: string }
> {
  const place = credentialPlace(workspaceId, connectionId, stored.version);
  const result = await open({ keyring }, place, stored.sealed);
  if (result.kind === 'unreadable') return result;
  const values = parseValues(result.plaintext);
  return values === null ? { kind: 'unreadable', because: 'not in form' } : { kind: 'opened', values };
}

/** A parser's complaint would quote what it could not read, so none leaves here. */
function parseValues(plaintext: Secret<string>): Secret<Readonly<Record<string, string>>> | null {
  try {
    return new Secret(valuesShape.parse(JSON.parse(plaintext.reveal())));
  } catch {
    return null;
  }
}
