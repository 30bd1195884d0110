import { createHash, randomBytes } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Standing } from './instance.ts';
import type { OwnNonces } from './own-nonce-store.ts';
import type { SeenRequest, SelfReach, SetupFacts, SetupOfTool } from './setup-facts.ts';

/** What came of asking one's own address; outbound's `askOwnAddress`. */
export type AskOwn = (url: URL) => Promise<
  | {
      kind: 'answer';
      status: number;
      location: string | null;
      date: string | null;
      body: string;
      validUntil: Date | null;
    }
  | Extract<SelfReach, { kind: 'bad_certificate' | 'unreachable' }>
>;

export interface CheckSetupDeps {
  nonces: OwnNonces;
  clock: Clock;
  ask: AskOwn;
  databaseSays: () => Promise<{ now: Date; isServing: boolean; lastBackupAt: Date | null }>;
  publicUrl: string | null;
  /** Where people open it: the same, or the loopback address. */
  ownUrl: string;
  trustedProxies: readonly string[];
  /** Null: KEYRAIL_MASTER_KEY holds the key. */
  keyFile: string | null;
  /** Where the embedded database lies; null: a database of the operator's own. */
  dataDir: string | null;
  toolsSkew: () => SetupFacts['toolsSkew'];
  instance: () => Promise<Standing | null>;
  instanceSetting: string | null;
}

/** What depends on who asks. */
export interface Asked {
  browser: { origin: string; time: Date | null } | null;
  /** What the very request that asks brought. */
  seen: SeenRequest | null;
  httpsTools: readonly string[];
  setups: readonly SetupOfTool[];
  catalog: SetupFacts['catalog'];
  damagedConnections: number;
}

/** Under the path of real callbacks, so that what a proxy does to those it does to this. */
const NONCE_PATH = '/oauth/callback/setup-check/';

/** Gathers what the findings are made from. Asks the database, and the server's own public address once; nobody else. */
export async function gatherSetup(deps: CheckSetupDeps, asked: Asked): Promise<SetupFacts> {
  const begunAt = deps.clock.now();
  const { now: databaseNow, isServing, lastBackupAt } = await deps.databaseSays();
  const endedAt = deps.clock.now();
  const middle = (begunAt.getTime() + endedAt.getTime()) / 2;
  const { self, seen } = await reachSelf(deps);
  const { browser } = asked;
  return {
    now: endedAt,
    publicUrl: deps.publicUrl,
    ownUrl: deps.ownUrl,
    trustedProxies: deps.trustedProxies,
    httpsTools: asked.httpsTools,
    self,
    seen: seen ?? asked.seen,
    isServing,
    lastBackupAt,
    browser: browser && {
      origin: browser.origin,
      skewMs: browser.time === null ? null : browser.time.getTime() - begunAt.getTime(),
    },
    databaseSkewMs: databaseNow.getTime() - middle,
    toolsSkew: deps.toolsSkew(),
    setups: asked.setups,
    catalog: asked.catalog,
    damagedConnections: asked.damagedConnections,
    masterKey: deps.keyFile === null ? { kind: 'setting' } : await keyFileAsItIs(deps.keyFile, deps.dataDir),
    instance: await deps.instance(),
    instanceSetting: deps.instanceSetting,
  };
}

/** The answer to a number that one process asks and another may be asked; null: not one of ours. */
export function answerNonce(
  { nonces }: Pick<CheckSetupDeps, 'nonces'>,
  nonce: string,
  seen: SeenRequest,
): Promise<string | null> {
  return nonces.answer(hashOf(nonce), seen);
}

async function reachSelf(deps: CheckSetupDeps): Promise<{ self: SelfReach; seen: SeenRequest | null }> {
  if (deps.publicUrl === null) return { self: { kind: 'not_asked' }, seen: null };
  const nonce = randomBytes(16).toString('hex');
  const answer = randomBytes(16).toString('hex');
  await deps.nonces.add(hashOf(nonce), answer);
  const got = await deps.ask(new URL(NONCE_PATH + nonce, deps.publicUrl));
  const seen = await deps.nonces.take(hashOf(nonce));
  if (got.kind !== 'answer') return { self: got, seen };
  const { status, location, date, body, validUntil } = got;
  if (status !== 200 || !body.includes(answer)) {
    return { self: { kind: 'somebody_else', status, location, validUntil }, seen: null };
  }
  const theirs = date === null ? Number.NaN : Date.parse(date);
  // A Date is cut off to its second.
  const skewMs = Number.isNaN(theirs) ? null : theirs + 500 - deps.clock.now().getTime();
  return { self: { kind: 'ours', skewMs, validUntil }, seen };
}

async function keyFileAsItIs(path: string, dataDir: string | null): Promise<SetupFacts['masterKey']> {
  const found = await stat(path).catch(() => null);
  if (found === null) return { kind: 'file', isThere: false, isReadableByOthers: false, isAmongData: false };
  const folder = await realpath(dirname(path));
  const data = dataDir === null ? null : await realpath(dataDir).catch(() => dataDir);
  return {
    kind: 'file',
    isThere: true,
    isReadableByOthers: process.platform !== 'win32' && (found.mode & 0o077) !== 0,
    isAmongData: data !== null && `${folder}${sep}`.startsWith(`${data}${sep}`),
  };
}

/** What is stored answers nobody. */
function hashOf(nonce: string): Buffer {
  return createHash('sha256').update(nonce).digest();
}
