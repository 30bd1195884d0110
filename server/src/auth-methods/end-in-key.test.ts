import { expect, test } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { endInKey } from './end-in-key.ts';

const jwt = (payload: unknown) =>
  ['{"alg":"HS256"}', typeof payload === 'string' ? payload : JSON.stringify(payload)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .concat('fake-signature')
    .join('.');
const endOf = (...keys: string[]) => endInKey(keys.map((key) => new Secret(key)));

test('a key that is a JWT says when it ends; of several the first end counts', () => {
  expect(endOf(jwt({ sub: 'x', exp: 1_800_000_000 }))).toEqual(new Date(1_800_000_000_000));
  expect(endOf('fake-key-good-0001', jwt({ exp: 1_900_000_000.9 }), jwt({ exp: 1_800_000_000 }))).toEqual(
    new Date(1_800_000_000_000),
  );
});

test.each([
  'fake-key-good-0001',
  'eyJ.eyJ.x',
  jwt({ sub: 'x' }),
  jwt({ exp: '1800000000' }),
  jwt({ exp: -1 }),
  jwt({ exp: 1e300 }),
  jwt('null'),
  jwt('{"exp": 18'),
  `${jwt({ exp: 1_800_000_000 })}.more`,
])('any other key says nothing of its end', (key) => {
  expect(endOf(key)).toBeNull();
});
