// What the tests of this room share: tokens of a credential in a real database, renewed by whatever a test says.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { openListener } from '../db/listen.ts';
import { openDatabase } from '../db/open.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import { createKeyring } from '../vault/keyring.ts';
import { masterKey } from '../vault/master-key.ts';
import { onlyKey } from '../vault/master-keys.ts';
import { dataKeyStore } from '../vault/store.ts';
import { TOKEN_CHANGED } from './announce.ts';
import type { Mint, Minted, TokenOwner } from './mint.ts';
import type { TokenSettings } from './settings.ts';
import type { AsItIs, EndedBecause, TokenOutcome, Tokens } from './token.ts';
import { createTokenSweepStore } from './token-sweep-store.ts';
import { createTokens } from './tokens.ts';

const master = masterKey(randomBytes(32));

export interface TokenProcess {
  tokens: Tokens;
  /** What connections was told, in order. */
  told: string[];
  logged: unknown[];
  close(): Promise<void>;
}

interface Options {
  mint: Mint;
  clock: Clock;
  settings?: Partial<TokenSettings>;
  /** Another way to the database. */
  url?: string;
  journalFolder?: string;
}

export const HOUR_MS = 3_600_000;

/** One database for the tests of a file, and processes that end with the test that started them. */
export function tokensUnderTest() {
  let database: TestDatabase;
  const processes: TokenProcess[] = [];
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.close()));
  });
  afterAll(() => database.close());

  return {
    database: () => database,
    /** Those of the test that runs now. */
    processes: processes as readonly TokenProcess[],
    start: async (mint: Mint, more: Partial<Omit<Options, 'mint'>> = {}): Promise<TokenProcess> => {
      const process = await openProcess(database, { mint, clock: movableClock(), ...more });
      processes.push(process);
      return process;
    },
    signedIn: async (
      { tokens }: Pick<TokenProcess, 'tokens'>,
      token: Minted,
      workspaceId?: string,
    ): Promise<TokenOwner> => {
      const owner = await newOwner(database, workspaceId);
      await database.db.transact(owner.workspaceId, (tx) => tokens.put(tx, owner, token, 'refresh_token'));
      return owner;
    },
    storedOf: ({ tokens }: TokenProcess, owner: TokenOwner) =>
      database.db.transact(owner.workspaceId, (tx) => tokens.forRevoking(tx, owner)),
    rowsOf: ({ connectionId }: TokenOwner) =>
      database.db.system.selectFrom('tokens').selectAll().where('connection_id', '=', connectionId).execute(),
    destroyCredential: ({ connectionId }: TokenOwner) =>
      database.db.system
        .updateTable('credentials')
        .set({ state: 'retired', sealed: null, destroyed_at: new Date() })
        .where('connection_id', '=', connectionId)
        .execute(),
  };
}

/** Gives numbered tokens, counts how often it was asked, and with which refresh token. */
export function counting(more: Partial<Minted> & { refresh?: (n: number) => string } = {}) {
  const asked: (string | null)[] = [];
  const { refresh, ...rest } = more;
  const mint = async (_: TokenOwner, refreshToken: Secret<string> | null) => {
    const n = asked.push(refreshToken?.reveal() ?? null);
    await sleep(20);
    return given(minted(`access-${n}`, { ...rest, ...(refresh && { refresh: refresh(n) }) }));
  };
  return { asked, mint };
}

export function text(outcome: TokenOutcome | AsItIs): string {
  return outcome.kind === 'token' ? outcome.token.accessToken.reveal() : outcome.kind;
}

/** The room as one process has it: pools, a listener and memory of its own. */
async function openProcess(database: TestDatabase, options: Options): Promise<TokenProcess> {
  const told: string[] = [];
  const logged: unknown[] = [];
  const log = { warn: (fields: object, message: string) => void logged.push(fields, message) };
  const db = openDatabase({
    url: options.url ?? database.url,
    appPoolSize: 5,
    systemPoolSize: 2,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    onIdleError: () => {},
  });
  const { clock } = options;
  const tokens = createTokens({
    transact: db.transact,
    keyring: createKeyring({ store: dataKeyStore(db.system), masterKeys: onlyKey(master) }),
    clock,
    mint: options.mint,
    events: {
      ended: async (_, because: EndedBecause) => async () => void told.push(`ended: ${because}`),
      setupRejected: async (_, __, isOut) => async () => void told.push(`setup rejected, out: ${isOut}`),
      recovered: async () => void told.push('recovered'),
      failed:
        async (_, { kind }) =>
        async () =>
          void told.push(`failed: ${kind}`),
      renewed: async (_, { failures, fields }) => {
        return async () => void told.push(`renewed after ${failures}${Object.values(fields).join()}`);
      },
      endsSoon: async (_, endsAt) => async () => void told.push(`ends soon: ${endsAt.toISOString()}`),
    },
    journalFolder: options.journalFolder ?? null,
    sweepStore: createTokenSweepStore(db.system),
    ...(options.settings && { settings: options.settings }),
    log,
  });
  const listener = await openListener({ clock, log }, database.url);
  await listener.listen(TOKEN_CHANGED, tokens.hear, () => tokens.hear(null));
  return {
    tokens,
    told,
    logged,
    close: async () => {
      await tokens.drain();
      await listener.close();
      await db.close();
    },
  };
}

/** A saved credential, as far as this room looks at it. */
export async function newOwner(
  { db }: TestDatabase,
  workspaceId = newId<string>('wsp'),
): Promise<TokenOwner> {
  const connectionId = newId<string>('con');
  const now = new Date();
  await db.system
    .insertInto('workspaces')
    .values({ id: workspaceId, name: 'Test' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db.system
    .insertInto('connections')
    .values({
      id: connectionId,
      workspace_id: workspaceId,
      integration: 'acme',
      name: 'Acme',
      name_key: connectionId,
      method: 'oauth2',
      method_id: 'oauth2',
      status: 'connected',
      status_since: now,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await db.system
    .insertInto('credentials')
    .values({
      workspace_id: workspaceId,
      connection_id: connectionId,
      version: 1,
      state: 'current',
      sealed: 'v1.none.none',
      method: 'oauth2',
      method_id: 'oauth2',
      created_at: now,
    })
    .execute();
  return { workspaceId, connectionId, credentialVersion: 1 };
}

export function minted(access: string, more: Partial<Minted> & { refresh?: string } = {}): Minted {
  const { refresh, ...rest } = more;
  return {
    accessToken: new Secret(access),
    refreshToken: refresh === undefined ? null : new Secret(refresh),
    expiresInSeconds: 3600,
    refreshExpiresInSeconds: null,
    grantEndsInSeconds: null,
    scopes: null,
    fields: {},
    ...rest,
  };
}

export const given = (token: Minted) => ({ kind: 'minted', minted: token }) as const;

export const notNow = (mayHaveHappened: boolean, retryAfterSeconds: number | null = null) =>
  ({ kind: 'not_now', because: 'unreachable', mayHaveHappened, retryAfterSeconds, words: null }) as const;
