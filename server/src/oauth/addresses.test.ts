import { describe, expect, test } from 'vitest';
import { callbackPath, filledAddress, withParameters } from './addresses.ts';

const none = { connectionFields: [] };

describe('parameters are put', () => {
  test.each([
    ['https://a.test/authorize', 'https://a.test/authorize?state=s%20%26'],
    ['https://a.test/authorize?tenant=1', 'https://a.test/authorize?tenant=1&state=s%20%26'],
    ['https://a.test/authorize?', 'https://a.test/authorize?state=s%20%26'],
    ['https://a.test/#/oauth/authorize', 'https://a.test/#/oauth/authorize?state=s%20%26'],
    ['https://a.test/?v=2#/oauth/authorize?x=1', 'https://a.test/?v=2#/oauth/authorize?x=1&state=s%20%26'],
    ['https://a.test/authorize#top', 'https://a.test/authorize?state=s%20%26#top'],
    ['https://a.test/authorize?state=theirs&b=2', 'https://a.test/authorize?b=2&state=s%20%26'],
    ['https://a.test/authorize?%73tate=theirs', 'https://a.test/authorize?state=s%20%26'],
  ])('where the page of %s reads them, each once', (address, expected) => {
    expect(withParameters(address, { state: 's &' })).toBe(expected);
  });

  test.each(['a b+c%d&e=f', 'ключ', '1:2/3?4#5', '"<>'])('so that client id %s arrives as it is', (id) => {
    const url = new URL(withParameters('https://a.test/authorize?x=1', { client_id: id }));
    expect(url.searchParams.getAll('client_id')).toEqual([id]);
  });
});

test('what an address has behind its path stays, with connection fields in it as text', () => {
  const field = { name: 'org', label: 'Organisation', kind: 'text' as const, required: true };
  const connectionFields = [{ ...field }] as unknown as Parameters<
    typeof filledAddress
  >[0]['connectionFields'];
  const filled = filledAddress({ connectionFields }, 'https://{org}.a.test/o/?org={org}#/x', { org: 'acme' });
  expect(filled).toBe('https://acme.a.test/o/?org=acme#/x');
  expect(filledAddress({ connectionFields }, 'https://{org}.a.test/', { org: 'evil.test/' })).toBeNull();
  expect(filledAddress(none, 'https://a.test/o?x=1', {})).toBe('https://a.test/o?x=1');
});

test('two workspaces that describe a tool by the same name are not sent back to the same address', () => {
  expect(callbackPath('custom-acme', 'wsp_a')).not.toBe(callbackPath('custom-acme', 'wsp_b'));
  expect(callbackPath('hubspot', 'wsp_a')).toBe('/oauth/callback/hubspot');
});
