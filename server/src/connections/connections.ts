import type { ConnectionEvent, Dependent } from '@keyrail/contract/connections';
import type { FieldChoices, Recognised } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { KeyForm } from '../catalog/key-forms.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { ClientDeps } from '../oauth/setups/client.ts';
import {
  createSetupGate,
  DEFAULT_SETUP_GATE_SETTINGS,
  type SetupGate,
  type SetupGateSettings,
} from '../oauth/setups/gate.ts';
import type { RefusalStore } from '../oauth/setups/refusal.ts';
import type { Outbound } from '../outbound/call.ts';
import type { CredentialSource } from '../outbound/credential-source.ts';
import type { TokenSettings } from '../tokens/settings.ts';
import type { Tokens } from '../tokens/token.ts';
import { createTokens, type TokensDeps } from '../tokens/tokens.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Who } from '../workspaces/who.ts';
import { type ConnectInput, connect, type Entered } from './connect.ts';
import { createCredentialDoor } from './credential.ts';
import { signedInFields } from './credential-store.ts';
import type { GivenDates } from './dates.ts';
import type { DependentsSource } from './dependents-source.ts';
import { type ExpiriesAsk, listed } from './expiries/list.ts';
import type { ExpirySweepStore } from './expiries/sweep-store.ts';
import { sweepExpiries, tellExpiry } from './expiries/tell.ts';
import { type ChoicesAsk, fieldChoices } from './field-choices.ts';
import type { KeyedHash } from './fingerprint.ts';
import { followFiles, MOST_AT_START, MOST_IN_A_SWEEP } from './follow-files.ts';
import { createHandOut, type HandedOut } from './hand-out.ts';
import * as lifecycle from './lifecycle.ts';
import type { AppsPage, ConnectionFilter, Listed, Slice } from './look.ts';
import * as look from './look.ts';
import { createMint } from './mint.ts';
import { recognise } from './recognise.ts';
import { replaceCredentials } from './replace.ts';
import { reportDamaged, reportOutOfCredits, reportUnauthenticated } from './report.ts';
import {
  type CallerConnection,
  type ConnectionRef,
  type ResolvedConnection,
  resolveConnection,
  resolveForCaller,
} from './resolve.ts';
import { rollBack } from './roll-back.ts';
import type { ConnectionSettings } from './settings.ts';
import { setupWorks, tryRenewalsAgain } from './setup-changed.ts';
import { sweep } from './sweep.ts';
import type { SweepStore } from './sweep-store.ts';
import { followAddress, tokenEvents } from './token-events.ts';
import { enteredCredential, tryEntered, type Unkept } from './try-entered.ts';
import type { UsageHour, UsageSource } from './usage-source.ts';
import { verify, verifyByItself } from './verify.ts';
import type { WithdrawalSweepStore } from './withdrawals/sweep-store.ts';
import { createWithdrawals, type Withdrawals } from './withdrawals/withdrawals.ts';

export interface ConnectionsDeps {
  transact: Transact;
  /**
   * For what does not belong to the request that sets it off: a token that was renewed meanwhile is kept whatever becomes of
   * that request.
   */
  ownTransact: Transact;
  clock: Clock;
  keyring: Keyring;
  catalogs: Catalogs;
  keyForms: readonly KeyForm[];
  outbound: Outbound;
  dependents: DependentsSource;
  usage: UsageSource;
  sweepStore: SweepStore;
  tokenSweepStore: TokensDeps['sweepStore'];
  tokenSettings?: Partial<TokenSettings>;
  /** Where new tokens are kept while the database is away; left out: in memory alone. */
  journalFolder?: string;
  /** Throws where nothing may leave this server now. */
  mayLeave?: NonNullable<TokensDeps['mayLeave']>;
  withdrawalSweepStore: WithdrawalSweepStore;
  expirySweepStore: ExpirySweepStore;
  /** Sign-in setups that the operator made for all workspaces. */
  operatorApps: ClientDeps['operatorApps'];
  /** What is known of setups that a provider refuses. */
  refusals: RefusalStore;
  setupGateSettings?: Partial<SetupGateSettings>;
  /** Under a key only this server has: tells secrets apart without holding them. */
  keyedHash: KeyedHash;
  settings: ConnectionSettings;
  /** Whether this process has the catalog files that the one started last has read; left out: it is the only one. */
  readLast?: () => Promise<boolean>;
  log: { warn(fields: object, message: string): void };
}

export interface Change {
  name: string | undefined;
  credentials: Entered | undefined;
  saveUnverified: boolean;
  /** For how long the replaced ones can be rolled back to; 0: not at all. */
  keepPreviousMs?: number | undefined;
  /** When the credential ends and when it is to be replaced: of the new one, where credentials are given. */
  dates?: GivenDates;
}

/** New credentials for a connection that does not work, or has none. */
export interface Reconnection {
  credentials: Entered;
  saveUnverified: boolean;
  /** Another method of the integration, by id or kind. */
  method?: string | undefined;
  acceptOtherAccount?: boolean | undefined;
}

interface Checked {
  connection: Listed;
  verdict: Verdict;
}

interface Entry extends Checked {
  /** What was done to the input, in sentences. */
  notes: string[];
}

/** The verdict is null where no credentials were given. */
type Updated = Omit<Entry, 'verdict'> & { verdict: Verdict | null };

/** The room, as compose builds it and as the API and the rooms above use it. */
export interface Connections {
  connect(who: Who, input: ConnectInput): Promise<Entry>;
  list(who: Who, filter: ConnectionFilter): Promise<Slice<Listed>>;
  get(who: Who, id: string): Promise<Listed>;
  /** `version`: what the caller last saw (If-Match); null: whatever there is. */
  update(who: Who, id: string, change: Change, version: number | null): Promise<Updated>;
  reconnect(who: Who, id: string, reconnection: Reconnection, version: number | null): Promise<Entry>;
  verify(who: Who, id: string): Promise<Checked>;
  makeDefault(who: Who, id: string): Promise<Listed>;
  disconnect(who: Who, id: string): Promise<Listed>;
  rollBack(who: Who, id: string, version: number | null): Promise<Checked>;
  /** Ends the time in which the replaced credential can be rolled back to. */
  destroyPrevious(who: Who, id: string, version: number | null): Promise<Listed>;
  remove(
    who: Who,
    id: string,
    how: { newDefault: string | undefined; version: number | null },
  ): Promise<void>;
  /** What entered credentials are, without saving them. */
  recognise(
    who: Who,
    slug: string,
    input: { method: string | undefined; credentials: Entered },
  ): Promise<Recognised>;
  /** What the tool itself offers for a field of the form. */
  fieldChoices(who: Who, slug: string, ask: ChoicesAsk): Promise<FieldChoices>;
  /** Those of these ids that name no connection of the workspace. */
  unknownOf(who: Who, ids: readonly string[]): Promise<string[]>;
  dependents(who: Who, id: string): Promise<Dependent[]>;
  events(
    who: Who,
    id: string,
    page: { limit: number; cursor: string | undefined },
  ): Promise<Slice<ConnectionEvent>>;
  usage(who: Who, id: string): Promise<UsageHour[]>;
  apps(who: Who, page: AppsPage): Promise<Slice<look.App>>;
  /** How many connections these integrations have; those without one are left out. */
  countByIntegration(who: Who, integrations: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** For actions, runs and the proxy: the connection to use, inside their own transaction. */
  resolve(tx: Tx, workspaceId: string, ref: ConnectionRef): Promise<ResolvedConnection>;
  /** A credential for somebody's own requests, written down first. */
  handOut(who: Who, id: string): Promise<HandedOut>;
  /** For the proxy: what a caller names by a connection's id or an integration's slug. */
  resolveFor(who: Who, named: string): Promise<CallerConnection>;
  /**
   * For outbound: the credential of a saved connection, as long as it is for the address that `fields` (as resolved)
   * make. Reads the database outside any transaction of the caller, and keeps it in memory for a few seconds.
   */
  credentialSource(
    workspaceId: string,
    connectionId: string,
    fields: Readonly<Record<string, string>>,
  ): CredentialSource;
  /** For an integration that is not saved: what connecting would do, through the engine handed in; nothing is stored. */
  tryEntered(asked: Unkept, outbound: Outbound): ReturnType<typeof tryEntered>;
  enteredCredential(asked: Unkept, outbound: Outbound): ReturnType<typeof enteredCredential>;
  /** A call was refused with this version of the credential although no newer one helped: checks it soon, once for many. */
  reportUnauthenticated(workspaceId: string, connectionId: string, version: number): Promise<void>;
  /** A call found the credits used up: the status says `message` at once, and a later check heals it. */
  reportOutOfCredits(workspaceId: string, connectionId: string, message: string): Promise<void>;
  /** A stored secret of it, or a token, does not open: its status says so, once. */
  reportDamaged(workspaceId: string, connectionId: string, version: number): Promise<void>;

  /** The short-lived tokens of all connections, kept alive. */
  tokens: Tokens;
  /** Access that was given up, until the providers know. */
  withdrawals: Withdrawals;
  /** What ends when, of connections, sign-in setups and API tokens, as far as `who` may know. */
  expiries(who: Who, ask: ExpiriesAsk): ReturnType<typeof listed>;
  /** Job `expiries.tell`. */
  tellExpiry(workspaceId: string, id: string): Promise<void>;
  /** Job `expiries.sweep`. */
  sweepExpiries(): Promise<void>;
  /** What is known of sign-in setups that providers refuse. */
  setupGate: SetupGate;
  /** What addresses are made from, of some connections that people signed in for. */
  signedInFields(workspaceId: string, integration: string): Promise<Readonly<Record<string, string>>[]>;
  /** Job `connections.setup_works_again`. */
  tryRenewalsAgain(workspaceId: string, integration: string): Promise<void>;
  /** Waits until nothing is under way that nobody else waits for: renewals. */
  drain(): Promise<void>;
  /** From LISTEN `connection_changed`: drops what is in memory of this workspace; null: of all (after a gap). */
  forget(workspaceId: string | null): void;
  /** Job `connections.check`. */
  check(workspaceId: string, connectionId: string): Promise<void>;
  /** Job `connections.sweep`. */
  sweep(): Promise<void>;
  /** At the start: connections say at once when their integration's file is gone or another one by now; later, with each sweep. */
  followFiles(catalog: Pick<Catalog, 'get'>): Promise<void>;
}

/** Hosts that a client secret may be for are few. */
const MOST_FIELDS = 50;

export function createConnections(given: ConnectionsDeps): Connections {
  const withdrawals = createWithdrawals({
    ...given,
    random: Math.random,
    tokens: { forRevoking: (tx, owner) => tokens.forRevoking(tx, owner) },
  });
  const setupGate = createSetupGate({
    ...given,
    transact: given.ownTransact,
    settings: { ...DEFAULT_SETUP_GATE_SETTINGS, ...given.setupGateSettings },
    onWorksAgain: (workspaceId, integration) =>
      given.ownTransact(workspaceId, (tx) =>
        setupWorks({ tokens, clock: given.clock }, tx, workspaceId, integration),
      ),
  });
  const tokens: Tokens = createTokens({
    ...given,
    transact: given.ownTransact,
    mint: createMint({ ...given, setupGate, withdrawals }),
    events: tokenEvents(given),
    sweepStore: given.tokenSweepStore,
    journalFolder: given.journalFolder ?? null,
    ...(given.tokenSettings && { settings: given.tokenSettings }),
  });
  const door = createCredentialDoor(
    {
      ...given,
      tokens,
      onMoved: (owner, came) => followAddress({ ...given, transact: given.ownTransact }, owner, came),
      onRefused: (...report) => reportUnauthenticated(given, ...report),
      onDamaged: async (workspaceId, connectionId, version, because) => {
        given.log.warn({ connectionId, version, because }, 'a stored credential cannot be opened');
        await reportDamaged(given, workspaceId, connectionId, version);
        forget(workspaceId);
      },
    },
    { keepMs: given.settings.keepInMemoryMs },
  );
  const deps = { ...given, readLast: given.readLast ?? (async () => true), door, tokens, withdrawals };

  const { forget } = door;
  let followed: Pick<Catalog, 'get'> | null = null;

  /** Other processes hear of a change through the database; this one at once. */
  async function changing<T>({ workspaceId }: { workspaceId: string }, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      forget(workspaceId);
    }
  }

  async function changed(who: Who, id: string, work: Promise<void>): Promise<Listed> {
    await changing(who, work);
    return look.get(deps, who, id);
  }

  return {
    connect: async (who, input) => {
      const { id, verdict, notes } = await changing(who, connect(deps, who, input));
      return { connection: await look.get(deps, who, id), verdict, notes };
    },
    list: (who, filter) => look.list(deps, who, filter),
    get: (who, id) => look.get(deps, who, id),
    update: async (who, id, { name, credentials, saveUnverified, keepPreviousMs, dates }, version) => {
      if (credentials === undefined) {
        await changing(who, lifecycle.edit(deps, who, id, { name, dates: dates ?? {} }, version));
        return { connection: await look.get(deps, who, id), verdict: null, notes: [] };
      }
      const replacement = {
        name,
        credentials,
        saveUnverified,
        as: 'rotated' as const,
        method: undefined,
        acceptOtherAccount: false,
        keepPreviousMs: keepPreviousMs ?? given.settings.keepPreviousMs,
        dates: dates ?? {},
      };
      const replaced = await changing(who, replaceCredentials(deps, who, id, replacement, version));
      return { connection: await look.get(deps, who, id), ...replaced };
    },
    reconnect: async (who, id, { credentials, saveUnverified, method, acceptOtherAccount }, version) => {
      const replacement = {
        name: undefined,
        credentials,
        saveUnverified,
        as: 'reconnected' as const,
        method,
        acceptOtherAccount: acceptOtherAccount ?? false,
        keepPreviousMs: given.settings.keepPreviousMs,
      };
      const replaced = await changing(who, replaceCredentials(deps, who, id, replacement, version));
      return { connection: await look.get(deps, who, id), ...replaced };
    },
    verify: async (who, id) => {
      const verdict = await changing(who, verify(deps, who, id));
      return { connection: await look.get(deps, who, id), verdict };
    },
    makeDefault: (who, id) => changed(who, id, lifecycle.makeDefault(deps, who, id)),
    disconnect: (who, id) => changed(who, id, lifecycle.disconnect(deps, who, id)),
    rollBack: async (who, id, version) => {
      const verdict = await changing(who, rollBack(deps, who, id, version));
      return { connection: await look.get(deps, who, id), verdict };
    },
    destroyPrevious: (who, id, version) =>
      changed(who, id, lifecycle.destroyPrevious(deps, who, id, version)),
    remove: (who, id, how) => changing(who, lifecycle.remove(deps, who, id, how)),
    recognise: (who, slug, input) => recognise(deps, who, slug, input),
    fieldChoices: (who, slug, ask) => fieldChoices(deps, who, slug, ask),
    unknownOf: (who, ids) => look.unknownOf(deps, who, ids),
    dependents: (who, id) => look.dependents(deps, who, id),
    events: (who, id, page) => look.events(deps, who, id, page),
    usage: (who, id) => look.usage(deps, who, id),
    apps: (who, page) => look.apps(deps, who, page),
    countByIntegration: (who, integrations) => look.countByIntegration(deps, who, integrations),

    resolve: (tx, workspaceId, ref) => resolveConnection(tx, workspaceId, ref),
    handOut: createHandOut(deps),
    resolveFor: (who, named) =>
      given.transact(who.workspaceId, (tx) => resolveForCaller(tx, who, named), 'read'),
    credentialSource: door.source,
    tryEntered: (asked, outbound) => tryEntered({ ...deps, outbound }, asked),
    enteredCredential: (asked, outbound) => enteredCredential({ ...deps, outbound }, asked),
    reportUnauthenticated: (...report) => reportUnauthenticated(deps, ...report),
    reportOutOfCredits: (workspaceId, connectionId, message) =>
      changing({ workspaceId }, reportOutOfCredits(deps, workspaceId, connectionId, message)),
    reportDamaged: (workspaceId, connectionId, version) =>
      changing({ workspaceId }, reportDamaged(deps, workspaceId, connectionId, version)),

    tokens,
    withdrawals,
    expiries: (who, ask) => listed(deps, who, ask),
    tellExpiry: (workspaceId, id) =>
      changing({ workspaceId }, tellExpiry({ ...given, transact: given.ownTransact }, workspaceId, id)),
    sweepExpiries: () => sweepExpiries(given),
    setupGate,
    signedInFields: (workspaceId, integration) =>
      given.transact(workspaceId, (tx) => signedInFields(tx, workspaceId, integration, MOST_FIELDS), 'read'),
    tryRenewalsAgain: (workspaceId, integration) =>
      given.ownTransact(workspaceId, (tx) => tryRenewalsAgain({ tokens }, tx, workspaceId, integration)),
    drain: () => tokens.drain(),
    forget,
    check: (workspaceId, connectionId) =>
      changing({ workspaceId }, verifyByItself(deps, workspaceId, connectionId)),
    sweep: async () => {
      if (followed !== null) await followFiles(deps, followed, MOST_IN_A_SWEEP);
      await sweep(deps);
    },
    followFiles: (catalog) => {
      followed = catalog;
      return followFiles(deps, catalog, MOST_AT_START);
    },
  };
}
