import { expect, test } from 'vitest';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { ConnectionField } from '../catalog/definition/field-definition.ts';
import { readEntered } from './entered.ts';
import { readAsAsked } from './pasted-address.ts';

const base = ['https://{place}.example.com/api/v2'];
const field = (kind: string, more: object = {}) =>
  ({ name: 'place', label: 'Subdomain', kind, ...more }) as unknown as ConnectionField;

test.each([
  ['acme', 'acme'],
  ['acme.example.com', 'acme'],
  ['https://acme.example.com', 'acme'],
  ['https://Acme.example.com/inbox?view=1#top', 'acme'],
  ['http://acme.example.com/', 'acme'],
])('a subdomain pasted as %s is %s', (pasted, read) => {
  expect(readAsAsked(field('text'), base, pasted)).toBe(read);
});

test.each([
  ['https://acme.example.com.evil.test/'],
  ['https://acme.other.test'],
  ['https://me:secret@acme.example.com'],
  ['https://acme.example.com:8443'],
  ['https://.example.com'],
])('%s stays as it was pasted, to be refused', (pasted) => {
  expect(readAsAsked(field('text'), base, pasted)).toBe(pasted);
});

test('a host is taken out of an address, and an address made of a host', () => {
  expect(readAsAsked(field('host'), [], 'https://acme.example.com/board')).toBe('acme.example.com');
  expect(readAsAsked(field('url'), [], 'shop.example.com/store')).toBe('https://shop.example.com/store');
  expect(readAsAsked(field('url'), [], 'https://shop.example.com')).toBe('https://shop.example.com');
  expect(readAsAsked(field('url'), [], 'http://shop.example.com')).toBe('http://shop.example.com');
  expect(readAsAsked(field('host', { choices: [] }), [], 'https://a.example.com')).toBe(
    'https://a.example.com',
  );
});

test('a place beside another one in the host is not guessed at', () => {
  expect(readAsAsked(field('text'), ['https://{place}.{region}.example.com'], 'a.eu.example.com')).toBe(
    'a.eu.example.com',
  );
});

test('what was read instead is kept, and said', async () => {
  const definition = {
    name: 'Desk',
    baseUrl: base[0] ?? '',
    connectionFields: [field('text', { required: true })],
  };
  const method = { type: 'none', id: 'none' } as unknown as AuthMethod;
  const read = await readEntered(
    definition,
    method,
    { place: ' https://acme.example.com/ ' },
    {},
    new Date(),
  );
  expect(read.fields).toEqual({ place: 'acme' });
  expect(read.notes).toContain('“Subdomain” was read as “acme”.');
});
