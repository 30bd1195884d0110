import { readFileSync } from 'node:fs';

/**
 * Loaded into a server process before anything else (`--import`): its clock is wrong by as many milliseconds as a file says,
 * and steps when that changes. Only what tells the date is; timers and what measures how long something took go on, as
 * when an operator or NTP sets a machine's clock.
 */
const file = process.env.CHAOS_CLOCK_FILE ?? '';
const LOOK_EVERY_MS = 20;
let shiftMs = 0;
let lookedAt = Number.NEGATIVE_INFINITY;

const RealDate = Date;
const realNow = Date.now;

function now(): number {
  const at = performance.now();
  if (at - lookedAt >= LOOK_EVERY_MS) {
    lookedAt = at;
    shiftMs = Number(readFileSync(file, 'utf8')) || 0;
  }
  return realNow() + shiftMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
