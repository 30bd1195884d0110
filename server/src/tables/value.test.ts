import fc from 'fast-check';
import { expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../test/growth.ts';
import { exactNumber } from './decimal.ts';
import { detectType, staysAsItIs } from './detect-type.ts';
import { isDate } from './iso-date.ts';
import { fitText, fitValue } from './value.ts';

const fits = (value: unknown) => ({ kind: 'fits', value });

test.each([
  ['number', '5', 5],
  ['number', ' -1.50 ', -1.5],
  ['number', '1E5', 100_000],
  ['number', '0.1', 0.1],
  ['number', '000', 0],
  ['boolean', 'TRUE', true],
  ['boolean', 'no', false],
  ['date', '2024-02-29', '2024-02-29'],
  ['date', '2024-02-29 10:00', '2024-02-29T10:00'],
  ['email', ' jane@acme.com ', 'jane@acme.com'],
  ['url', 'https://acme.com/?q=1', 'https://acme.com/?q=1'],
  ['text', ' kept ', ' kept '],
  ['number', '   ', null],
] as const)('as %s the text %j is %j', (type, text, value) => {
  expect(fitText(type, text)).toEqual(fits(value));
});

test.each([
  ['number', '12345678901234567890'],
  ['number', '0.1000000000000000055511151231257827'],
  ['number', '1e999'],
  ['number', '1e-999'],
  ['number', '1,5'],
  ['number', '0x10'],
  ['number', 'Infinity'],
  ['number', '.'],
  ['boolean', 'maybe'],
  ['date', '2024-02-30'],
  ['date', '01/02/2024'],
  ['date', '2024-13-01'],
  ['email', 'jane@acme'],
  ['email', 'jane acme@x.com'],
  ['url', 'acme.com'],
  ['url', 'javascript:alert(1)'],
  ['json', '{'],
  ['json', '[12345678901234567890]'],
  ['text', 'a\0b'],
  ['text', 'a\ud800b'],
  ['text', 'ä'.repeat(32_769)],
] as const)('as %s the text %j does not fit', (type, text) => {
  expect(fitText(type, text).kind).toBe('misfit');
});

test('values of other kinds are converted where nothing is lost', () => {
  expect(fitValue('text', 5)).toEqual(fits('5'));
  expect(fitValue('text', ['a', 1])).toEqual(fits('["a",1]'));
  expect(fitValue('number', Number.NaN).kind).toBe('misfit');
  expect(fitValue('number', { a: 1 }).kind).toBe('misfit');
  expect(fitValue('json', { a: [null, 'x'] })).toEqual(fits({ a: [null, 'x'] }));
  expect(fitValue('json', { a: 'x\0' }).kind).toBe('misfit');
  expect(fitValue('json', { 'a\ud800': 1 }).kind).toBe('misfit');
  expect(fitValue('json', { a: '\\u0000' })).toEqual(fits({ a: '\\u0000' }));
  expect(fitValue('boolean', '')).toEqual(fits(null));
});

test('a number that is exact is the same number as its numeral', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(exactNumber(String(number))).toBe(number === 0 ? 0 : number);
    }),
  );
});

test('every text that stays as it is in a type reads back byte for byte', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', 'E') }),
    fc.double({ noNaN: true }).map(String),
    fc.bigInt().map(String),
  );
  fc.assert(
    fc.property(text, (value) => {
      if (staysAsItIs('number', value)) expect(JSON.stringify(JSON.parse(value))).toBe(value);
      if (staysAsItIs('boolean', value)) expect(['true', 'false']).toContain(value);
    }),
    { numRuns: 5000 },
  );
});

test('a type is detected where all values have it, empty ones aside', () => {
  expect(detectType(['1', '', '-2.5'])).toBe('number');
  expect(detectType(['1', '02'])).toBe('text');
  expect(detectType(['', ''])).toBe('text');
  expect(detectType(['{"a":1}'])).toBe('text');
});

test('the calendar is known', () => {
  const days = ['2000-02-29', '2024-12-31', '2024-01-31T23:59:59.999Z', '2024-01-31T00:00+05:30'];
  expect(days.map(isDate)).toEqual([true, true, true, true]);
  const none = [
    '1900-02-29',
    '2023-02-29',
    '2024-04-31',
    '2024-00-10',
    '2024-01-00',
    '2024-1-1',
    '2024-01-31T24:00',
  ];
  expect(none.map(isDate)).toEqual(none.map(() => false));
});

test('a value made to keep a pattern busy takes time in step with its length', () => {
  const fitAll = (length: number) => {
    for (const type of ['number', 'date', 'email', 'url', 'boolean'] as const)
      for (const text of [`${'1'.repeat(length)}x`, `a@${'.a'.repeat(length)} `, '9.'.repeat(length)])
        fitText(type, text);
  };
  expect(growthByTen(fitAll, 6_000)).toBeLessThan(LINEAR);
});
