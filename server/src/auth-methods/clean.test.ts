import { describe, expect, it } from 'vitest';
import { workMs } from '../../test/growth.ts';
import { clean, cleanKey } from './clean.ts';

describe('a pasted key', () => {
  it.each([
    ['sk_live_x', 'sk_live_x', []],
    ['  sk_live_x \n', 'sk_live_x', ['line breaks', 'spaces']],
    ['\tsk_live_x', 'sk_live_x', ['spaces']],
    ['sk_live_x\r\n', 'sk_live_x', ['line breaks']],
    ['\uFEFFsk_live_x\u200B\u00A0', 'sk_live_x', ['spaces']],
    ['"sk_live_x"', 'sk_live_x', ['quotes']],
    [" '  sk_live_x ' ", 'sk_live_x', ['spaces', 'quotes']],
    ['“sk_live_x”', 'sk_live_x', ['quotes']],
    ['"unbalanced', '"unbalanced', []],
  ])('%j becomes %j, and what was taken off is said', (pasted, value, said) => {
    expect(cleanKey(pasted)).toEqual({ kind: 'clean', value, said });
  });

  it.each([
    'abc\r\nX-Admin: 1',
    'abc\nd',
    'abc\rd',
    'abc\0d',
    'abc\u2028d',
    'abc\u200Bd',
    'abc\u007f',
    'abcéd',
    'sk live',
    '',
    '   ',
    '""',
    '" "',
    'x'.repeat(16_385),
  ])('%j is refused: it cannot be sent as it is', (pasted) => {
    expect(cleanKey(pasted).kind).toBe('invalid');
  });
});

describe('a pasted password', () => {
  it('may have spaces and letters of any language inside, but nothing that ends a line', () => {
    expect(clean(' pass wörd ')).toEqual({ kind: 'clean', value: 'pass wörd', said: ['spaces'] });
    expect(clean('pass\nword').kind).toBe('invalid');
  });

  it('is looked through in no time, however much white space stands inside', () => {
    const text = `a${' \n'.repeat(100_000)}b`;
    expect(workMs(() => expect(clean(text).kind).toBe('invalid'))).toBeLessThan(1_000);
  });
});
