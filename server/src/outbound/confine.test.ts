import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confine } from './confine.ts';

const BASE = 'https://api.example.com/v1/';

describe('a path under a base URL', () => {
  it.each([
    ['/account', 'https://api.example.com/v1/account'],
    ['account', 'https://api.example.com/v1/account'],
    ['', 'https://api.example.com/v1'],
    ['?a=b', 'https://api.example.com/v1?a=b'],
    ['/a%2Fb/c.d..e/@me/x:y', 'https://api.example.com/v1/a%2Fb/c.d..e/@me/x:y'],
    [
      '/x?next=https://other.example.com/../a#frag',
      'https://api.example.com/v1/x?next=https://other.example.com/../a',
    ],
    ['/a;v=1/..a;b', 'https://api.example.com/v1/a;v=1/..a;b'],
    ['/{{secret}}/{constructor}', 'https://api.example.com/v1/{{secret}}/{constructor}'],
  ])('%s is joined as it is', (path, url) => {
    expect(confine(BASE, path)).toEqual({ kind: 'inside', url });
  });

  it.each([
    '../admin',
    '%2e%2e/admin',
    '..\\admin',
    'a/../../admin',
    'a/%2e%2e/%2e%2e/admin',
    '/a/.%2e/b',
    '/a/%252e%252e/b',
    '/a/..',
    '/a/./b',
    '/a%5c..%5cb',
    '/..%2fadmin',
    '/..;/admin',
    '/a/..;x=1/%2e%2e%3bv=2/admin',
    '//evil.com/x',
    '/\\evil.com',
    'https://evil.com/',
    '@evil.com/',
    '.evil.com/',
    ':8080/x',
    '%2f%2fevil.com',
  ])('%s leaves it and is refused', (path) => {
    expect(confine(BASE, path)).toEqual({ kind: 'outside_base' });
  });

  it.each(['\t//evil.com', '/a b', '/a\r\nb', '/é', '/a%zz', '/a%', `/${'a'.repeat(100_000)}`])(
    '%j is refused as no path',
    (path) => {
      expect(confine(BASE, path).kind).toBe('invalid');
    },
  );

  it('never ends at another host or above the base, whatever is written', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '@',
      ':',
      'a',
      '?',
      '#',
      '%25',
      ';',
      'evil.com',
      '//',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 8 }), (pieces) => {
        const confined = confine(BASE, pieces.join(''));
        if (confined.kind !== 'inside') return true;
        const url = new URL(confined.url);
        return url.host === 'api.example.com' && `${url.pathname}/`.startsWith('/v1/') && url.username === '';
      }),
      { numRuns: 20_000 },
    );
  });
});
