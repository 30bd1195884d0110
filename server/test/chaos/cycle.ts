import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.ts';
import { expire } from './expire.ts';
import type { Connected, Fleet, Member, Mode } from './fleet.ts';

/** A connection that cannot be used any more after a kill. */
export interface Loss {
  mode: Mode;
  /** The provider had carried out its renewal, and the answer was not written down yet. */
  wasUnderWay: boolean;
  /** The connection says that its renewal was interrupted. */
  isShown: boolean;
}

const MODES: readonly Mode[] = ['static', 'grace', 'strict'];

/**
 * One cycle: tokens of so many connections a mode run out, a process begins to renew them, and is killed `afterMs` later: at a
 * moment that is different each time, unless it is said. Then another one uses them. Resolves to what was lost.
 */
export async function kill(
  fleet: Fleet,
  doomed: Member,
  survivor: Member,
  count: number,
  had: Map<Mode, Connected[]> = new Map(),
  afterMs = Math.random() * 120,
): Promise<Loss[]> {
  const connections = await prepared(fleet, count, had);
  const ids = connections.map(({ id }) => id);
  const seenBefore = new Map(MODES.map((mode) => [mode, fleet.provider(mode).tokenRequests.length]));
  await delayed(fleet);
  const generations = await generationsOf(fleet, ids);
  await expire(fleet.database, ids);
  for (const id of ids) void doomed.call(id);
  await someRequest(fleet, seenBefore);
  await sleep(afterMs);
  await doomed.process.kill();
  await settled(fleet);
  const written = await generationsOf(fleet, ids);
  const acted = new Set(
    MODES.flatMap((mode) =>
      fleet
        .provider(mode)
        .tokenRequests.slice(seenBefore.get(mode))
        .flatMap((one) => (one.status === 200 && one.accountId !== null ? [one.accountId] : [])),
    ),
  );
  const statuses = await Promise.all(ids.map((id) => usable(survivor, id)));
  const losses: Loss[] = [];
  for (const [at, { id, accountId, mode }] of connections.entries()) {
    if (statuses[at]) continue;
    const { json } = await survivor.get(`/v1/connections/${id}`);
    losses.push({
      mode,
      wasUnderWay: acted.has(accountId) && written.get(id) === generations.get(id),
      isShown: (json.token as { ended_because: string } | null)?.ended_because === 'renewal_interrupted',
    });
    had.set(
      mode,
      (had.get(mode) ?? []).filter((one) => one.id !== id),
    );
  }
  return losses;
}

/** The same with SIGTERM, at a strict provider. */
export async function stopCleanly(
  fleet: Fleet,
  leaving: Member,
  next: Member,
  count: number,
  had: Map<Mode, Connected[]> = new Map(),
): Promise<{ underWay: number; lost: string[] }> {
  const connections = await prepared(fleet, count, had, ['strict']);
  const provider = fleet.provider('strict');
  const ids = connections.map(({ id }) => id);
  provider.failAlways({ kind: 'delay', beforeMs: 40, afterMs: 40 });
  const before = provider.tokenRequests.length;
  await expire(fleet.database, ids);
  const hangingUp = new AbortController();
  const calls = ids.map((id) => leaving.call(id, hangingUp.signal));
  await someRequest(fleet, new Map([['strict', before]]));
  await sleep(Math.random() * 60);
  const underWay = provider.tokenRequests.slice(before).filter((one) => one.actedAt === null).length;
  // Whoever asked has gone: nobody waits for the answers but the store.
  hangingUp.abort();
  await Promise.all(calls);
  await leaving.process.stop();
  const statuses = await Promise.all(ids.map((id) => usable(next, id)));
  const lost = ids.filter((_, at) => !statuses[at]);
  const left = connections.filter(({ id }) => !lost.includes(id));
  had.set('strict', left);
  return { underWay, lost };
}

/** What a killed process had sent may still lie before a provider, on a busy machine longer than the provider's own delay. */
async function settled(fleet: Fleet): Promise<void> {
  const killedAt = Date.now();
  let last = '';
  for (let quiet = 0; quiet < 5; ) {
    await sleep(20);
    const seen = MODES.flatMap((mode) => [...fleet.provider(mode).tokenRequests]);
    // Some are never carried out.
    const isUnderWay = Date.now() < killedAt + 10_000 && seen.some(isNew);
    const now = `${seen.length} ${seen.filter(({ status }) => status === null).length}`;
    quiet = now === last && !isUnderWay ? quiet + 1 : 0;
    last = now;
  }
  function isNew({ arrivedAt, status }: { arrivedAt: number; status: number | null }): boolean {
    return status === null && arrivedAt > killedAt - 2_000;
  }
}

async function prepared(
  fleet: Fleet,
  count: number,
  had: Map<Mode, Connected[]>,
  modes = MODES,
): Promise<(Connected & { mode: Mode })[]> {
  const all: (Connected & { mode: Mode })[] = [];
  for (const mode of modes) {
    const there = had.get(mode) ?? [];
    const more = await fleet.connect(mode, Math.max(0, count - there.length));
    had.set(mode, [...there, ...more]);
    all.push(...[...there, ...more].map((one) => ({ ...one, mode })));
  }
  return all;
}

/** Long enough for a kill to fall anywhere: before it is carried out, before it is answered, before it is written. */
async function delayed(fleet: Fleet): Promise<void> {
  for (const mode of MODES) fleet.provider(mode).failAlways({ kind: 'delay', beforeMs: 40, afterMs: 40 });
}

async function someRequest(fleet: Fleet, before: ReadonlyMap<Mode, number>): Promise<void> {
  await until(() => [...before].some(([mode, count]) => fleet.provider(mode).tokenRequests.length > count));
}

/** The first answer that is no "later", as there is one once a lease is over. */
export async function usable(member: Member, id: string): Promise<boolean> {
  let status = 0;
  await until(async () => {
    status = await member.call(id);
    return status === 200 || status === 409;
  });
  return status === 200;
}

async function generationsOf(fleet: Fleet, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await fleet.database.query<{ connection_id: string; generation: number }>(
    'select connection_id, generation from tokens where connection_id = any($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.connection_id, row.generation]));
}
