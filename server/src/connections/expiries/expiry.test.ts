import { expect, test } from 'vitest';
import { type Expiry, nextWarningAt, warningDue } from './expiry.ts';
import { messageOf, titleOf } from './expiry-words.ts';

const DAY_MS = 86_400_000;
const now = new Date('2026-03-01T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * DAY_MS);
const end = (days: number, more: Partial<Expiry> = {}) => ({
  source: 'entered' as const,
  endsAt: inDays(days),
  warnsFrom: new Date(0),
  warnedDays: null,
  ...more,
});

test.each([
  [31, null, null],
  [30, null, 30],
  [12, null, 30],
  [12, 30, null],
  [7, 30, 7],
  [0.5, 7, 1],
  // The server was off: of several that became due the last one stands for all.
  [3, null, 7],
  [0.5, null, 1],
  [0.5, 1, null],
  // It was off over the end itself: who was never told is told afterwards, once.
  [-2, null, 0],
  [-2, 30, null],
  [-2, 0, null],
])('%d days ahead, after the warning of %s days, the warning due is that of %s', (days, warnedDays, due) => {
  expect(warningDue(end(days, { warnedDays }), now)).toBe(due);
});

test('a warning that would say on the day what was entered that day is left out, and the next ones are not', () => {
  const entered = end(20, { warnsFrom: inDays(1) });
  expect(warningDue(entered, now)).toBeNull();
  expect(nextWarningAt(entered, now)).toEqual(inDays(13));
  expect(warningDue(entered, inDays(13))).toBe(7);
  expect(nextWarningAt({ ...entered, warnedDays: 7 }, inDays(13))).toEqual(inDays(19));
  expect(nextWarningAt({ ...entered, warnedDays: 1 }, inDays(19))).toBeNull();
});

test('an end too near for any warning is said when it has come, unless the tool itself says so', () => {
  const near = end(0.8, { warnsFrom: inDays(0.5) });
  expect([warningDue(near, now), nextWarningAt(near, now)]).toEqual([null, inDays(0.8)]);
  expect(warningDue(near, inDays(0.8))).toBe(0);
  expect(warningDue({ ...near, warnedDays: 0 }, inDays(1))).toBeNull();
  expect(nextWarningAt({ ...near, source: 'tool' }, now)).toBeNull();
  expect(warningDue({ ...near, source: 'tool' }, inDays(1))).toBeNull();
  // What was over when it was entered is known.
  expect(warningDue(end(-1, { warnsFrom: inDays(0.5) }), inDays(1))).toBeNull();
});

test('what is said names the thing, its end and what to do; of a date for replacing, that nothing stops', () => {
  const named = { name: 'Sales', integrationName: 'Hunter' };
  const subject = { kind: 'connection', id: 'con_x' } as const;
  const of = (kind: Expiry['kind'], source: Expiry['source'], days: number) => ({
    ...end(days),
    kind,
    source,
    subject,
  });
  expect(messageOf(of('key', 'entered', 7), named, now)).toBe(
    'The credentials of “Sales” (Hunter) end on 2026-03-08, by the date entered here. Replace them before, and nothing stops.',
  );
  expect(titleOf(of('key', 'entered', 7), named, now)).toBe('Hunter ends in 7 days: Sales');
  expect(messageOf(of('certificate', 'credential', 0.5), named, now)).toBe(
    'The certificate of “Sales” (Hunter) ends on 2026-03-02 at 00:00 UTC. Upload a new one before, and nothing stops.',
  );
  expect(titleOf(of('certificate', 'credential', 0.5), named, now)).toBe('Hunter ends within a day: Sales');
  expect(messageOf(of('rotation', 'entered', 30), named, now)).toContain('Nothing stops then.');
  expect(titleOf(of('rotation', 'entered', -1), named, now)).toBe('Hunter is due for replacing: Sales');
  const setup = {
    ...of('client_secret', 'entered', 1),
    subject: { kind: 'sign_in_setup', id: 'hunter' } as const,
  };
  expect(titleOf(setup, { name: 'Hunter', integrationName: 'Hunter' }, now)).toBe(
    'Hunter ends within a day: client secret',
  );
});
