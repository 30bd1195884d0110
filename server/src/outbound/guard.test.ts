import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from './addresses.ts';
import { checkUrl, mayConnect } from './guard.ts';
import { guardPolicy, parseAllowedHost } from './guard-policy.ts';

const closed = guardPolicy({ allowedPrivateHosts: [], ownAddresses: [], ownHosts: [] });
const verdict = (url: string, policy = closed) => {
  const checked = checkUrl(policy, url);
  return checked.kind === 'denied' ? checked.reason : checked.kind;
};

describe('the guard', () => {
  it.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0x7f.1/',
    'http://127.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://0/',
    'http://0.0.0.0/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[2001:0:4136:e378:8000:63bf:56ff:fefe]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:7f00:1]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fd12::1]/',
    'http://[ff02::1]/',
    'http://[4000::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xA9FEA9FE/',
    'http://169.254.43518/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://168.63.129.16/',
    'http://[fd00:ec2::254]/',
    'http://[fd20:ce::254]/',
    'http://10.0.0.5/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://198.18.0.1/',
    'http://192.0.2.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://240.0.0.1/',
    'http://localhost/',
    'http://localhost./',
    'http://LOCALHOST/',
    'http://foo.localhost/',
    'http://localhost.localdomain/',
    'http://ip6-localhost/',
    'http://metadata/',
    'http://metadata.google.internal/',
    'http://metadata.amazonaws.com./',
    'http://instance-data/',
    'http://127.0.0.1#@api.example.com/',
    'http://１２７.0.0.1/',
  ])('denies %s by its address', (url) => {
    expect(verdict(url)).toBe('address');
  });

  it.each([
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_',
    'ftp://x/',
    'data:text/plain,hi',
    'blob:x',
    'about:',
    'javascript:alert(1)',
    'ws://x/',
    'dict://x',
    'unix:/var/run/docker.sock',
  ])('denies %s by its scheme', (url) => {
    expect(verdict(url)).toBe('scheme');
  });

  it.each([
    'https://user:pass@api.example.com/',
    'https://api.example.com@127.0.0.1/',
    'http://127.0.0.1\\@api.example.com/',
    'https://@api.example.com/',
  ])('denies %s for what stands before the @', (url) => {
    expect(verdict(url)).toBe('userinfo');
  });

  it.each([
    'http:127.0.0.1/',
    'http:///127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    '\thttp://127.0.0.1/',
    'ht\ntp://127.0.0.1/',
    'https://api.example.com/a b',
    'https://api.example.com/a\\b',
    'https://evil.com\\.example.com/',
    'https://api.example.com:0/',
    'https://api.example.com:65536/',
    'https://',
    '',
    'api.example.com',
  ])('refuses %j as no URL at all', (url) => {
    expect(verdict(url)).toBe('invalid');
  });

  it('lets calls through to the usual ports and high ones, but not to mail, shells and databases', () => {
    for (const port of [80, 443, 1024, 8080, 8443]) {
      expect(verdict(`https://api.example.com:${port}/`)).toBe('fine');
      expect(verdict(`https://8.8.8.8:${port}/`)).toBe('fine');
    }
    for (const port of [22, 25, 110, 6379, 5432, 11211, 2375]) {
      expect(verdict(`https://api.example.com:${port}/`)).toBe('port');
      expect(verdict(`https://8.8.8.8:${port}/`)).toBe('port');
    }
  });

  it('lets one exact private address and port through where the operator allows it, and nothing beside', () => {
    const policy = guardPolicy({
      allowedPrivateHosts: ['10.0.0.5:8080', '[::1]:9000', '127.0.0.1:5432'],
      ownAddresses: [],
      ownHosts: [],
    });
    expect(verdict('http://10.0.0.5:8080/x', policy)).toBe('fine');
    expect(verdict('http://[::1]:9000/', policy)).toBe('fine');
    expect(verdict('http://[::ffff:10.0.0.5]:8080/', policy)).toBe('fine');
    expect(verdict('http://127.0.0.1:5432/', policy)).toBe('fine');
    expect(verdict('http://10.0.0.5:8081/', policy)).toBe('address');
    expect(verdict('http://10.0.0.6:8080/', policy)).toBe('address');
    expect(verdict('http://10.0.0.5/', policy)).toBe('address');
  });

  it.each([
    '169.254.169.254:80',
    '[fd00:ec2::254]:80',
    '100.100.100.200:80',
    '0.0.0.0/0:80',
    'db:80',
    '10.0.0.5',
    '10.0.0.5:0',
  ])('takes no allow-list entry %s', (entry) => {
    expect(parseAllowedHost(entry).kind).toBe('mistake');
  });

  it('does not open a metadata address even if it got into the policy', () => {
    const policy = { allowed: new Set(['169.254.169.254|80']), denied: new Set<string>() };
    expect(verdict('http://169.254.169.254/', policy)).toBe('address');
    expect(mayConnect(policy, '169.254.169.254', 80)).toBe(false);
  });

  it('denies what belongs to this server, whatever is allowed', () => {
    const policy = guardPolicy({
      allowedPrivateHosts: ['127.0.0.1:4400', '127.0.0.1:4500'],
      ownAddresses: ['127.0.0.1:4400', '203.0.114.9:4400'],
      ownHosts: ['db.example.com', 'Keyrail.Example.com.', '8.8.4.4', '127.0.0.1'],
    });
    expect(verdict('http://127.0.0.1:4400/v1', policy)).toBe('address');
    expect(verdict('http://203.0.114.9:4400/', policy)).toBe('address');
    expect(verdict('https://db.example.com/', policy)).toBe('address');
    expect(verdict('https://keyrail.example.com/', policy)).toBe('address');
    expect(verdict('https://8.8.4.4/', policy)).toBe('address');
    expect(verdict('http://127.0.0.1:4500/', policy)).toBe('fine');
  });

  it('denies every address of this machine at its port where it listens on all of them', () => {
    const policy = guardPolicy({
      allowedPrivateHosts: ['127.0.0.1:4400', '127.0.0.1:4500'],
      ownAddresses: ['0.0.0.0:4400'],
      ownHosts: [],
    });
    expect(verdict('http://127.0.0.1:4400/', policy)).toBe('address');
    expect(verdict('http://127.0.0.1:4500/', policy)).toBe('fine');
  });

  it('compares hosts in punycode: a look-alike is another host', () => {
    const checked = checkUrl(closed, 'https://аpi.stripe.com/');
    expect(checked.kind === 'fine' && checked.url.origin).toBe('https://xn--pi-6kc.stripe.com');
  });

  it('never finds a private IPv4 address public, in whatever spelling it is written', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    const isPrivate = fc.oneof(
      octets.map(([a, b, c]) => [127, a, b, c]),
      octets.map(([a, b, c]) => [10, a, b, c]),
      octets.map(([, b, c]) => [192, 168, b, c]),
      octets.map(([a, b, c]) => [172, 16 + (a % 16), b, c]),
      octets.map(([, b, c]) => [169, 254, b, c]),
    );
    fc.assert(
      fc.property(isPrivate, (bytes) => {
        const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
        const hex = number.toString(16).padStart(8, '0');
        const hosts = [
          bytes.join('.'),
          String(number),
          `0x${hex}`,
          `0${number.toString(8)}`,
          `[::ffff:${hex.slice(0, 4)}:${hex.slice(4)}]`,
          `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`,
          `[2002:${hex.slice(0, 4)}:${hex.slice(4)}::1]`,
        ];
        return hosts.every((host) => verdict(`http://${host}/`) === 'address');
      }),
    );
    expect(isPublicAddress('168.63.129.16')).toBe(false);
    for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111'])
      expect(isPublicAddress(address)).toBe(true);
  });
});
