import { expect, test } from 'vitest';
import type { PollState, Trace } from '../actions/outcome.ts';
import { type Settling, settledCell } from './settle.ts';

const JOB: PollState = { kind: 'job', jobId: 'job-1', giveUpAt: 0, inputs: 'x' };

test.each([
  ['its answer was refused for want of credits', 'out_of_credits', 402, JOB],
  ['its answer says that it ended for want of credits', 'out_of_credits', 200, null],
  ['the connection broke meanwhile', 'connection_broken', 401, JOB],
  ['it was given up', 'unknown', 200, JOB],
  ['it failed', 'error', 200, null],
] as const)('a job is asked for again only while it may still be under way: %s', (_, kind, status, kept) => {
  const trace: Trace = { connectionId: null, request: null, status, body: null, durationMs: null };
  const outcome: Settling = { kind, trace, message: 'Said.', nextStep: null, providerMessage: null };
  expect(settledCell('row-1', outcome, JOB).poll).toEqual(kept);
});

test.each([
  ['nothing at all', null, null, 'no_result'],
  ['that it was done, and nothing more', true, null, 'done'],
  ['a value beside the one that is shown', null, 'jane@acme.example', 'done'],
] as const)('an answer that gives %s is told for what it is', (_, primary, email, state) => {
  const trace: Trace = { connectionId: null, request: null, status: 204, body: '', durationMs: null };
  const outcome: Settling = { kind: 'done', outputs: { email }, primary, credits: null, trace };
  expect(settledCell('row-1', outcome, null)).toMatchObject({ state, value: primary });
});
