import { expect, test } from 'vitest';
import { networkOf } from './network.ts';

test('addresses of one IPv6 /64 are one network, however they are written', () => {
  const spellings = [
    '2001:db8::1',
    '2001:db8::2',
    '2001:db8::1:2:3:4',
    '2001:db8:0:0:9:8:7:6',
    '2001:0DB8:0000:0000:0001:0000:0000:0001',
  ];
  expect(new Set(spellings.map(networkOf))).toEqual(new Set(['2001:db8:0:0::/64']));
  expect(networkOf('2001:db8:0:1::1')).toBe('2001:db8:0:1::/64');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
});

test('an IPv4 address is its own network, also where it is written as IPv6', () => {
  expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('::ffff:c000:201')).toBe('192.0.2.1');
});

test('what is no address is counted as it is', () => {
  expect(networkOf('unknown')).toBe('unknown');
});
