import { customDefinition } from '@keyrail/contract/custom';
import { expect, test } from 'vitest';
import { emptyDraft, newPair } from './draft.ts';
import { draftOf } from './draft-of.ts';
import { written } from './written.ts';

const claims = (typed: Record<string, string>) => {
  const draft = emptyDraft('Acme');
  draft.auth.type = 'service_account';
  draft.auth.kind = 'self_signed';
  draft.auth.jwt.claims = Object.entries(typed).map(([name, value]) => newPair(name, value));
  return written(draft, null);
};

test('claims are sent as numbers, truth values or text, as they were typed, and come back so', () => {
  const typed = { level: '3', bid: 'x:1', is_app: 'true', version: '"2"', said: '"quoted words"' };
  const result = claims(typed);
  if (result.kind !== 'definition') throw new Error(JSON.stringify(result.problems));
  const { auth } = result.definition;
  if (auth.type !== 'service_account') throw new Error(auth.type);
  expect(auth.claims).toEqual({
    level: 3,
    bid: 'x:1',
    is_app: true,
    version: '2',
    said: '"quoted words"',
  });
  const again = draftOf(customDefinition.parse({ ...result.definition, base_url: 'https://acme.example' }));
  expect(again.auth.jwt.claims.map(({ name, value }) => [name, value])).toEqual(Object.entries(typed));
});

test('a lifetime that is no number is said at its field', () => {
  const draft = emptyDraft('Acme');
  draft.auth.type = 'service_account';
  draft.auth.jwt.lifetimeSeconds = 'an hour';
  expect(written(draft, null)).toMatchObject({
    kind: 'problems',
    problems: [{ path: 'auth.lifetime_seconds' }],
  });
});
