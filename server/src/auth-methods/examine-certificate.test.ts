import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../test/certificate.ts';
import {
  BINARY,
  CSR,
  ca,
  certificate,
  client,
  HTML,
  inDays,
  keyFile,
  look,
  middle,
  PUBLIC_KEY,
  SSH_KEY,
  stranger,
} from './examine-under-test.ts';

describe('a client certificate', () => {
  const pair = { certificate: client.cert + middle.cert, private_key: client.key };

  it('is shown with its subject, issuer, end and fingerprint; the key is not', async () => {
    const found = await look(certificate, pair);
    expect(found.problem).toBeNull();
    expect(found.title).toBe('Client certificate');
    expect(found.expiresAt).toEqual(inDays(300));
    expect(found.facts).toContainEqual({ label: 'Subject', value: 'CN=client.example' });
    expect(found.facts).toContainEqual({ label: 'Issued by', value: 'CN=Test Middle' });
    expect(found.facts).toContainEqual({ label: 'Ends on', value: '2027-09-17' });
    expect(found.facts).toContainEqual({
      label: 'SHA-256 fingerprint',
      value: new X509Certificate(client.cert).fingerprint256,
    });
    expect(JSON.stringify(found.facts)).not.toContain(client.key.slice(30, 60));
  });

  it.each<[string, string]>([
    ['in order', client.cert + middle.cert + ca.cert],
    ['reversed', ca.cert + middle.cert + client.cert],
    ['shuffled', middle.cert + client.cert + ca.cert],
    ['with one of them twice', client.cert + middle.cert + middle.cert + ca.cert],
    [
      'in CRLF with a byte order mark',
      `\uFEFF${(ca.cert + middle.cert + client.cert).replaceAll('\n', '\r\n')}`,
    ],
    ['with the key in the same file', `${client.key}${client.cert}${middle.cert}${ca.cert}`],
  ])('with its chain %s is stored leaf first', async (_, chain) => {
    const found = await look(certificate, { certificate: chain, private_key: client.key });
    expect(found.problem).toBeNull();
    expect(found.values.reveal().certificate).toBe(
      [client.cert, middle.cert, ca.cert].map((one) => new X509Certificate(one).toString()).join(''),
    );
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'a key where the certificate should be',
      { ...pair, certificate: client.key },
      'certificate',
      /This is a private key, not a certificate/,
    ],
    [
      'a certificate where the key should be',
      { ...pair, private_key: client.cert },
      'private_key',
      /This is a certificate, not a private key/,
    ],
    ['a public key', { ...pair, private_key: PUBLIC_KEY }, 'private_key', /This is a public key/],
    [
      'a request instead of a certificate',
      { ...pair, certificate: CSR },
      'certificate',
      /This is a certificate request \(CSR\)/,
    ],
    [
      'an SSH key',
      { ...pair, private_key: SSH_KEY },
      'private_key',
      /This is an SSH private key.*ssh-keygen/,
    ],
    [
      'an SSH public key',
      { ...pair, private_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@host' },
      'private_key',
      /This is an SSH public key/,
    ],
    [
      'a key labelled as a certificate',
      { ...pair, certificate: client.key.replaceAll('PRIVATE KEY', 'CERTIFICATE') },
      'certificate',
      /damaged and cannot be read/,
    ],
    [
      'a certificate labelled as a key',
      { ...pair, private_key: client.cert.replaceAll('CERTIFICATE', 'PRIVATE KEY') },
      'private_key',
      /damaged and cannot be used/,
    ],
    [
      'a pair that does not belong together',
      { ...pair, private_key: stranger.key },
      'certificate',
      /do not belong together/,
    ],
    [
      'a chain with a stranger in it',
      { ...pair, certificate: client.cert + stranger.cert },
      'certificate',
      /do not belong to the chain/,
    ],
    [
      'two keys',
      { ...pair, private_key: client.key + stranger.key },
      'private_key',
      /more than one private key/,
    ],
    [
      'a cut-off certificate',
      { ...pair, certificate: client.cert.slice(0, 300) },
      'certificate',
      /cut off: its END line is missing/,
    ],
    ['a web page', { ...pair, certificate: HTML }, 'certificate', /This is a web page/],
    ['a binary file', { ...pair, certificate: BINARY }, 'certificate', /This is a binary file/],
    [
      'a JSON key',
      { ...pair, private_key: keyFile() },
      'private_key',
      /This is a Google service account key, not a private key/,
    ],
    [
      'a bundle of authorities',
      { ...pair, certificate: client.cert.repeat(50) },
      'certificate',
      /holds 50 certificates/,
    ],
    [
      'a wrong authority',
      { ...pair, authority: client.key },
      'authority',
      /This is a private key, not a certificate/,
    ],
  ])('%s is named for what it is', async (_, values, field, words) => {
    expect((await look(certificate, values)).problem).toMatchObject({
      field,
      message: expect.stringMatching(words),
    });
  });

  it('and key that do not fit have a reason for machines', async () => {
    expect((await look(certificate, { ...pair, private_key: stranger.key })).problem?.reason).toBe(
      'key_mismatch',
    );
  });

  it('is refused when it is over or not valid yet, and accepted with a warning when it ends soon', async () => {
    const made = async (from: number, to: number) => {
      const { cert, key } = makeCertificate({
        name: 'a.example',
        validFrom: inDays(from),
        validTo: inDays(to),
      });
      return look(certificate, { certificate: cert, private_key: key });
    };
    expect((await made(-100, -1)).problem?.message).toMatch(/ended on 2026-11-20/);
    expect((await made(1, 100)).problem?.message).toMatch(/not valid before 2026-11-22/);
    expect(await made(-100, 10)).toMatchObject({
      problem: null,
      warnings: ['The certificate ends on 2026-12-01, in 10 days.'],
    });
    expect((await made(-100, 100)).warnings).toEqual([]);
  });

  it('of an authority is accepted, and remarked upon', async () => {
    const found = await look(certificate, { certificate: ca.cert, private_key: ca.key });
    expect(found.problem).toBeNull();
    expect(found.warnings).toEqual([expect.stringMatching(/authority \(CA\)/)]);
  });

  it('with a name that looks like markup or holds control characters is shown as plain text', async () => {
    const made = makeCertificate({ name: '<img src=x onerror=alert(1)>\u202e\u0007x', validTo: inDays(100) });
    const { facts } = await look(certificate, { certificate: made.cert, private_key: made.key });
    const subject = facts.find((one) => one.label === 'Subject')?.value ?? '';
    expect(subject).toContain('<img src=x onerror=alert(1)>');
    expect(subject).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('can be looked at before its key is there, and the key before the certificate', async () => {
    expect(await look(certificate, { certificate: pair.certificate })).toMatchObject({
      problem: null,
      title: 'Client certificate',
    });
    expect(await look(certificate, { private_key: client.key })).toMatchObject({
      problem: null,
      title: 'Private key',
    });
    expect(await look(certificate, {})).toMatchObject({ problem: null, title: null });
  });
});
