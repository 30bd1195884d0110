import { createHash } from 'node:crypto';
import { generateRandomState } from 'oauth4webapi';
import { expect, test } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { challengeOf, verifierOf } from './pkce.ts';

const key = (text: string) => ({ verifierKey: new Secret(Buffer.from(text)) });

test('the challenge is that of RFC 7636, appendix B', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('100,000 states and verifiers are 256 bits each, all different, and no beginning repeats', () => {
  const states = Array.from({ length: 100_000 }, () => generateRandomState());
  const deps = key('a');
  const all = new Set([...states, ...states.map((state) => verifierOf(deps, state))]);
  expect(all.size).toBe(200_000);
  for (const one of all) if (!/^[A-Za-z0-9_-]{43}$/.test(one)) throw new Error(`not 43 characters: ${one}`);
  const beginnings = new Set([...all].map((one) => one.slice(0, 8)));
  expect(beginnings.size).toBeGreaterThan(199_900);
});

test('a verifier is made again of the same state and key, and of no other', () => {
  const state = generateRandomState();
  expect(verifierOf(key('a'), state)).toBe(verifierOf(key('a'), state));
  expect(verifierOf(key('b'), state)).not.toBe(verifierOf(key('a'), state));
  expect(verifierOf(key('a'), `${state}x`)).not.toBe(verifierOf(key('a'), state));
  const hash = createHash('sha256').update(state).digest('base64url');
  expect(verifierOf(key('a'), state)).not.toBe(hash);
});
