import { expect, test } from 'vitest';
import { answerJson } from './answer-json.ts';
import { readPath } from './path.ts';

test('what is no JSON is not taken for any', () => {
  expect(answerJson('{"a":1}')).toEqual({ a: 1 });
  for (const text of ['<html>', 'Invalid API key', '', '{"a":']) expect(answerJson(text)).toBeUndefined();
});

test('an answer nested more than 100 deep is not read', () => {
  const nested = (depth: number) => answerJson('['.repeat(depth) + ']'.repeat(depth));
  expect(nested(100)).toBeDefined();
  expect(nested(101)).toBeUndefined();
  expect(nested(1_000_000)).toBeUndefined();
  expect(answerJson(`{"a":"${'['.repeat(500)}\\"${'{'.repeat(500)}"}`)).toBeDefined();
});

test('an answer cannot reach a prototype', () => {
  const value = answerJson('{"__proto__":{"admin":true},"a":{"constructor":{"prototype":{"b":1}}}}');
  expect((value as { admin?: boolean }).admin).toBeUndefined();
  expect(readPath({}, '__proto__')).toBeUndefined();
  expect(readPath({}, 'constructor.prototype')).toBeUndefined();
  expect(({} as { admin?: boolean; b?: number }).admin).toBeUndefined();
});
