import { X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { makeCertificate, type TestCertificate } from '../../test/certificate.ts';
import { authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import { examine } from './examine.ts';
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
  NOW,
  PUBLIC_KEY,
  SSH_KEY,
  stranger,
} from './examine-under-test.ts';
import { pemFile } from './files/key-files-under-test.ts';

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

  it('that ends tomorrow, within hours or minutes ago says so to the day', async () => {
    const made = async (hours: number) => {
      const { cert, key } = makeCertificate({ name: 'a.example', validTo: inDays(hours / 24) });
      return look(certificate, { certificate: cert, private_key: key });
    };
    expect((await made(24)).warnings).toEqual(['The certificate ends on 2026-11-22, in 1 day.']);
    expect((await made(-0.5)).problem).toEqual({
      field: 'certificate',
      message: 'The certificate ended on 2026-11-21, 30 minutes ago. A new one is needed.',
      reason: 'certificate_ended',
    });
    expect((await made(-5)).problem?.message).toMatch(/, 5 hours ago\./);
  });

  it('that is valid in a few minutes only is refused with the time here, since one of two clocks is wrong', async () => {
    const from = new Date(NOW.getTime() + 20 * 60_000);
    const { cert, key } = makeCertificate({ name: 'a.example', validFrom: from, validTo: inDays(90) });
    expect((await look(certificate, { certificate: cert, private_key: key })).problem).toEqual({
      field: 'certificate',
      message:
        "The certificate is not valid before 2026-11-21 12:20 UTC. This server's clock says 2026-11-21 12:00 UTC; if that is wrong, set it right.",
      reason: 'certificate_not_yet_valid',
    });
  });

  it('that is over is taken where the person says so; one that is not valid yet is not', async () => {
    const ended = makeCertificate({ name: 'a.example', validTo: inDays(-1) });
    const early = makeCertificate({ name: 'a.example', validFrom: inDays(1), validTo: inDays(9) });
    const by = (made: TestCertificate) =>
      examine(certificate, new Secret({ certificate: made.cert, private_key: made.key }), NOW, {
        ended: true,
      });
    expect(await by(ended)).toMatchObject({
      problem: null,
      expiresAt: inDays(-1),
      warnings: [expect.stringMatching(/ended on 2026-11-20, a day ago/)],
    });
    expect((await by(early)).problem?.reason).toBe('certificate_not_yet_valid');
  });

  it('of an authority is refused, unless it is its own and may sign other things', async () => {
    const own = await look(certificate, { certificate: ca.cert, private_key: ca.key });
    expect(own.problem).toBeNull();
    expect(own.warnings).toEqual([expect.stringMatching(/authority \(CA\)/)]);
    for (const [text, key] of [
      [middle.cert, middle.key],
      [ca.cert + middle.cert, ca.key],
      [pemFile('root.pem'), undefined],
    ]) {
      const found = await look(certificate, { certificate: text ?? '', ...(key && { private_key: key }) });
      expect(found.problem?.message).toMatch(
        /certificate of an authority \(CA\).*Upload the one that it issued/,
      );
    }
  });

  it('that an app signs with may be its own authority, as openssl makes them; each fact is said once', async () => {
    const app = authMethodSchema.parse({
      type: 'service_account',
      kind: 'client_assertion',
      fields: [
        { name: 'certificate', label: 'Certificate', kind: 'file' },
        { name: 'private_key', label: 'Private key', kind: 'file' },
      ],
      token_url: 'https://login.acme.example/token',
      access_token_ttl_seconds: 3600,
      assertion: { thumbprint: 'sha256' },
    });
    const found = await look(app, { certificate: ca.cert, private_key: ca.key });
    expect(found).toMatchObject({ problem: null, warnings: [], title: 'Certificate of an app' });
    const wrong = await look(app, { certificate: ca.cert, private_key: client.key });
    expect(wrong.problem?.message).toMatch(/do not belong together/);
    for (const { facts } of [found, wrong]) {
      const labels = facts.map(({ label }) => label);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  it('is taken without what stands between it and its authority, and that is said where it is known', async () => {
    const alone = await look(certificate, { certificate: client.cert, private_key: client.key });
    expect(alone).toMatchObject({ problem: null, warnings: [] });
    const gap = await look(certificate, { certificate: client.cert + ca.cert, private_key: client.key });
    expect(gap.problem).toBeNull();
    expect(gap.warnings).toEqual([
      expect.stringMatching(
        /issuer \(CN=Test Middle\) is not in the file.*left out.*add the intermediate one/,
      ),
    ]);
    expect(gap.values.reveal().certificate).toBe(new X509Certificate(client.cert).toString());
  });

  it('of node-forge, for servers alone, is taken with a warning', async () => {
    const pair = forge.pki.rsa.generateKeyPair({ bits: 2_048 });
    const made = forge.pki.createCertificate();
    made.publicKey = pair.publicKey;
    made.validity.notBefore = inDays(-1);
    made.validity.notAfter = inDays(200);
    made.setSubject([{ name: 'commonName', value: 'www.example' }]);
    made.setIssuer([{ name: 'commonName', value: 'Public Authority' }]);
    made.setExtensions([
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'basicConstraints', cA: false },
    ]);
    made.sign(pair.privateKey, forge.md.sha256.create());
    const found = await look(certificate, {
      certificate: forge.pki.certificateToPem(made),
      private_key: forge.pki.privateKeyToPem(pair.privateKey),
    });
    expect(found.problem).toBeNull();
    expect(found.warnings).toEqual([expect.stringMatching(/not made for clients/)]);
    expect(found.facts).toContainEqual({ label: 'Key', value: 'RSA, 2,048 bits' });
  });

  it('whose issuer is in the file but did not sign it is damaged', async () => {
    const namesake = { ...makeCertificate({ name: 'Test Middle', validTo: inDays(90), isAuthority: true }) };
    const found = await look(certificate, {
      certificate: client.cert + namesake.cert,
      private_key: client.key,
    });
    expect(found.problem?.message).toMatch(/does not have the signature of its issuer/);
  });

  it('whose key has an exponent as no program makes it is not computed with', async () => {
    const file = 'wide-exponent.pem';
    const found = await look(certificate, { certificate: pemFile(file) });
    expect(found.problem?.message).toMatch(/a key of an unusual form or size/);
    const authority = await look(certificate, { ...pair, authority: pemFile(file) });
    expect(authority.problem).toMatchObject({
      field: 'authority',
      message: expect.stringMatching(/unusual/),
    });
    const key = await look(certificate, { ...pair, private_key: pemFile('wide-exponent-key.pem') });
    expect(key.problem?.message).toMatch(/an exponent beyond 32 bits/);
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

  it('is entered with the authority of its server, which is warned of when it ends soon', async () => {
    const soon = makeCertificate({ name: 'Soon Root', validTo: inDays(7), isAuthority: true });
    const found = await look(certificate, { ...pair, authority: soon.cert + ca.cert });
    expect(found.problem).toBeNull();
    expect(found.warnings).toEqual([
      'The certificate of the authority CN=Soon Root ends on 2026-11-28, in 7 days.',
    ]);
    expect(found.facts).toContainEqual({ label: 'Further authorities', value: 'CN=Test Root' });
  });
});
