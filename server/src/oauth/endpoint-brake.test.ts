import { beforeEach, expect, test } from 'vitest';
import { createEndpointBrake, type EndpointBrake } from './endpoint-brake.ts';
import type { TokenOutcome } from './token-endpoint.ts';

const DOWN: TokenOutcome = {
  kind: 'not_now',
  because: 'provider_error',
  mayHaveHappened: true,
  retryAfterSeconds: null,
  words: 'Maintenance',
};
const ENDED: TokenOutcome = { kind: 'ended', because: 'revoked', words: null };

let now: number;
let asked: string[];
let brake: EndpointBrake;
beforeEach(() => {
  now = 0;
  asked = [];
  brake = createEndpointBrake({ now: () => now, random: () => 0.5 });
});

function by(asker: string, outcome: TokenOutcome = DOWN, endpoint = 'https://a.example/token') {
  return brake.through(endpoint, asker, async () => {
    asked.push(asker);
    return outcome;
  });
}

const many = (count: number) => Array.from({ length: count }, (_, n) => `con_${n}`);

test('ten thousand connections of an endpoint that is down are not all asked for: three, then one after each pause', async () => {
  for (const asker of many(10_000)) await by(asker);
  expect(asked).toEqual(['con_0', 'con_1', 'con_2']);
  const pauses: number[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    const before = asked.length;
    const from = now;
    while (asked.length === before) {
      now += 500;
      await by('con_9');
    }
    pauses.push(now - from);
    // All at once, while the one is under way or has just failed.
    await Promise.all(many(100).map((asker) => by(asker)));
    expect(asked.length).toBe(before + 1);
  }
  expect(pauses.slice(0, 5)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000]);
  expect(pauses.at(-1)).toBe(60_000);
});

test('those who were turned away are told to come back spread over time, and that nothing was sent', async () => {
  const brake2 = createEndpointBrake({ now: () => now, random: Math.random });
  const outcomes: TokenOutcome[] = [];
  for (const asker of many(1_000)) outcomes.push(await brake2.through('x', asker, async () => DOWN));
  const away = outcomes.slice(3).flatMap((outcome) => (outcome.kind === 'not_now' ? [outcome] : []));
  expect(away.every((one) => !one.mayHaveHappened)).toBe(true);
  // Nor what the endpoint said to another.
  expect(new Set(away.map((one) => one.words))).toEqual(new Set([null]));
  const bySecond = new Map<number, number>();
  for (const { retryAfterSeconds } of away) {
    bySecond.set(retryAfterSeconds ?? 0, (bySecond.get(retryAfterSeconds ?? 0) ?? 0) + 1);
  }
  expect(bySecond.size).toBeGreaterThan(50);
  expect(Math.max(...bySecond.values())).toBeLessThan(100);
});

test('the first answer that is one lets everybody through again', async () => {
  for (const asker of many(4)) await by(asker);
  now += 2_000;
  await by('con_3', ENDED);
  for (const asker of many(4)) await by(asker, ENDED);
  expect(asked).toHaveLength(3 + 1 + 4);
});

test('one connection that fails over and over holds up nobody, nor does one endpoint another', async () => {
  for (let n = 0; n < 20; n += 1) await by('con_0');
  expect(asked).toHaveLength(20);
  for (const asker of many(10)) await by(asker);
  await by('con_1', ENDED, 'https://b.example/token');
  expect(asked.at(-1)).toBe('con_1');
});

test('what an endpoint asks for is waited for', async () => {
  const throttled: TokenOutcome = { ...DOWN, because: 'rate_limited', retryAfterSeconds: 120 };
  for (const asker of many(3)) await by(asker, throttled);
  now += 119_000;
  expect(await by('con_3')).toMatchObject({ kind: 'not_now', mayHaveHappened: false });
  now += 2_000;
  await by('con_4');
  expect(asked).toEqual(['con_0', 'con_1', 'con_2', 'con_4']);
});
