import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { redactor } from './redact.ts';

const key = 'fake/key+good="0001"&é';
const redact = redactor([new Secret(key), new Secret('second-secret')]);

describe('a text that may be shown', () => {
  it('has every occurrence of every secret taken out, not only the first', () => {
    expect(redact(`${key} and ${key} and second-secret`)).toBe('[secret] and [secret] and [secret]');
  });

  it.each([
    ['URL-encoded', encodeURIComponent(key)],
    ['URL-encoded in lower case', encodeURIComponent(key).replace(/%../g, (code) => code.toLowerCase())],
    ['form-encoded', new URLSearchParams({ s: key }).toString().slice(2)],
    ['in JSON', JSON.stringify(key).slice(1, -1)],
    ['in JSON as PHP writes it', JSON.stringify(key).slice(1, -1).replaceAll('/', '\\/')],
    ['in JSON as Go writes it', JSON.stringify(key).slice(1, -1).replaceAll('&', '\\u0026')],
    ['in JSON as Python writes it', JSON.stringify(key).slice(1, -1).replaceAll('é', '\\u00e9')],
    [
      'in JSON with every character spelled out',
      [...key].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    ],
    ['in JSON that stands in a text of JSON', JSON.stringify(JSON.stringify(key)).slice(3, -3)],
    ['in hex', Buffer.from(key).toString('hex')],
    ['in base64', Buffer.from(key).toString('base64').replace(/.=*$/, '')],
    ['in HTML', 'fake/key+good=&quot;0001&quot;&amp;é'],
  ])('has it taken out %s', (_, form) => {
    expect(redact(`before ${form} after`)).toMatch(/^before \[secret\].{0,2} after$/);
  });

  it('has it taken out of the base64 of anything around it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 7 }), fc.string({ maxLength: 7 }), (before, after) => {
        const basic = Buffer.from(`${before}${key}${after}`).toString('base64');
        const url = Buffer.from(`${before}${key}${after}`).toString('base64url');
        return redact(basic).includes('[secret]') && redact(url).includes('[secret]');
      }),
    );
  });

  it('is left alone where there is nothing to hide, or a secret too short to be one', () => {
    expect(redact('Invalid API key')).toBe('Invalid API key');
    expect(redactor([new Secret('X'), new Secret('')])('X and Y')).toBe('X and Y');
  });
});
