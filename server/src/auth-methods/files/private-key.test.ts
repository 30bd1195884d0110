import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { jwt, look, pkcs8, problemOf } from '../examine-under-test.ts';
import { binaryFile, PASSPHRASE, pemFile } from './key-files-under-test.ts';

const RSA = pemFile('rsa-pkcs8.pem');
const of = (private_key: string, passphrase?: string) =>
  look(jwt, { client_id: 'abc', private_key, ...(passphrase && { passphrase }) });

async function keyOf(text: string, passphrase?: string): Promise<string | undefined> {
  const found = await of(text, passphrase);
  expect(found.problem).toBeNull();
  expect(found.values.reveal()).not.toHaveProperty('passphrase');
  return found.values.reveal().private_key;
}

describe('a private key as another program wrote it', () => {
  it.each([
    ['PKCS#1', 'rsa-pkcs1.pem'],
    ['PKCS#8', 'rsa-pkcs8.pem'],
    ['PKCS#1 under AES (DEK-Info)', 'rsa-dek-aes256.pem'],
    ['PKCS#1 under 3DES (DEK-Info)', 'rsa-dek-3des.pem'],
    ['PBES2 of today', 'rsa-pbes2.pem'],
    ['PBES2 with scrypt', 'rsa-scrypt.pem'],
    ['PBES2 with 3DES', 'rsa-pbes2-3des.pem'],
    ['PBES1 with MD5 and DES', 'rsa-pbes1-md5-des.pem'],
    ['PBES1 with SHA-1 and DES', 'rsa-pbes1-sha1-des.pem'],
    ['PBES1 of PKCS#12 with 3DES', 'rsa-pbes1-3des.pem'],
    ['PBES1 of PKCS#12 with RC2', 'rsa-pbes1-rc2-40.pem'],
  ])('in the form %s is the same key', async (_, name) => {
    expect(await keyOf(pemFile(name), PASSPHRASE)).toBe(RSA);
  });

  it.each([
    ['SEC1 with its parameters before it', 'p384-with-params.pem', 'ES384'],
    ['SEC1 under a passphrase', 'ec-dek.pem', 'ES256'],
    ['Ed25519', 'ed25519.pem', 'EdDSA'],
    ['Ed25519 under a passphrase', 'ed25519-pbes2.pem', 'EdDSA'],
  ])('of a curve (%s) signs', async (_, name, algorithm) => {
    const found = await of(pemFile(name), PASSPHRASE);
    expect(found.problem).toBeNull();
    expect(found.facts).toContainEqual({ label: 'Algorithm', value: algorithm });
    const key = createPrivateKey(found.values.reveal().private_key ?? '');
    const digest = algorithm === 'EdDSA' ? null : 'sha256';
    const signature = sign(digest, Buffer.from('data'), key);
    const given = createPublicKey(createPrivateKey({ key: pemFile(name), passphrase: PASSPHRASE }));
    expect(verify(digest, Buffer.from('data'), given, signature)).toBe(true);
  });

  it('of node-forge, under AES and under 3DES, signs what node-forge verifies', async () => {
    const pair = forge.pki.rsa.generateKeyPair({ bits: 2_048 });
    for (const algorithm of ['aes128', '3des'] as const) {
      const locked = forge.pki.encryptRsaPrivateKey(pair.privateKey, PASSPHRASE, { algorithm });
      const key = await keyOf(locked, PASSPHRASE);
      const signature = sign('sha256', Buffer.from('data'), key ?? '').toString('latin1');
      const digest = forge.md.sha256.create().update('data');
      expect(pair.publicKey.verify(digest.digest().getBytes(), signature)).toBe(true);
    }
  });

  it.each<[string, string]>([
    ['CRLF', RSA.replaceAll('\n', '\r\n')],
    ['\\n written out', RSA.replaceAll('\n', '\\n')],
    ['\\r\\n written out', RSA.replaceAll('\n', '\\r\\n')],
    ['one line', RSA.replaceAll('\n', ' ')],
    ['one line without any spaces', RSA.replaceAll('\n', '')],
    ['no line end at its end', RSA.trimEnd()],
    ['a byte order mark', `\uFEFF${RSA}`],
    ['spaces around each line', RSA.replaceAll('\n', '  \n\t ')],
    ['a place in YAML', `private_key: |\n    ${RSA.replaceAll('\n', '\n    ')}\nother: 1\n`],
    ['quotes of JSON around it', JSON.stringify(RSA)],
    [
      'the attributes of openssl pkcs12 before it',
      `Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n${RSA}`,
    ],
    ['its public half after it', RSA + pemFile('rsa-public.pem')],
    ['base64 of the whole file', Buffer.from(RSA).toString('base64')],
    ['the lines around it left out', RSA.replace(/-----[^-]+-----\n/g, '')],
  ])('is read with %s', async (_, text) => {
    expect(await keyOf(text)).toBe(RSA);
  });

  it('under a passphrase is read from one line, too', async () => {
    expect(await keyOf(pemFile('rsa-dek-aes256.pem').replace(/\n+/g, ' '), PASSPHRASE)).toBe(RSA);
    expect(await keyOf(pemFile('rsa-dek-aes256.pem').replaceAll('\n', '\\n'), PASSPHRASE)).toBe(RSA);
  });

  it('may be binary', async () => {
    expect(await keyOf(binaryFile('client-key.der'))).toBe(
      pkcs8(createPrivateKey(pemFile('client-key.pem'))),
    );
  });
});

describe('a key that cannot be used', () => {
  it.each([
    'rsa-dek-aes256.pem',
    'rsa-pbes2.pem',
    'rsa-pbes1-md5-des.pem',
    'rsa-pbes1-3des.pem',
    'rsa-scrypt.pem',
  ])('for want of its passphrase or of the right one is said so (%s)', async (name) => {
    expect((await of(pemFile(name))).problem).toEqual({
      field: 'passphrase',
      message: 'The private key is protected by a passphrase. Enter it as well.',
    });
    expect((await of(pemFile(name), 'another one')).problem).toEqual({
      field: 'passphrase',
      message: 'The passphrase does not open the private key.',
    });
  });

  it.each([
    ['DES of the older form', 'rsa-dek-des.pem', /des-cbc.*openssl pkcs8 -topk8/],
    ['RC4', 'rsa-pbes1-rc4.pem', /cannot be read here\. Protect it anew: openssl pkcs8 -topk8/],
  ])('since it is protected by %s says what to do', async (_, name, words) => {
    expect(await problemOf(jwt, { private_key: pemFile(name), passphrase: PASSPHRASE })).toMatch(words);
  });

  it.each([512, 1_024])('since RSA of %i bits is too short says what is needed', async (modulusLength) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
    expect(await problemOf(jwt, { private_key: pkcs8(privateKey) })).toMatch(
      new RegExp(`RSA, ${modulusLength.toLocaleString('en')} bits.*too short for RS256.*2,048 bits or more`),
    );
  });

  it.each<[string, string, RegExp]>([
    [
      'a JSON Web Key',
      JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })),
      /a JSON Web Key \(JWK\)/,
    ],
    ['a set of them', '{"keys": []}', /a set of JSON Web Keys/],
    [
      'a PGP key',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nlQOYBF==\n-----END PGP PRIVATE KEY BLOCK-----',
      /a PGP key/,
    ],
    ['a PuTTY key', 'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n', /an SSH private key/],
    ['a public key', pemFile('rsa-public.pem'), /a public key/],
    [
      'a public key without its lines',
      pemFile('rsa-public.pem').replace(/-----[^-]+-----\n/g, ''),
      /a public key/,
    ],
    ['a certificate, binary', binaryFile('client.der'), /a certificate, not a private key/],
    [
      'the settings of a Firebase app',
      '{"apiKey": "x", "authDomain": "y.example"}',
      /configuration of a Firebase app/,
    ],
    ['random bytes', Buffer.alloc(300, 0x9d).toString('base64'), /a text without a key in it/],
    ['one word', 'hunter2', /a text without a key in it/],
  ])('since it is %s is named for what it is', async (_, text, words) => {
    expect(await problemOf(jwt, { private_key: text })).toMatch(words);
  });
});

it('what a normal key is takes a processor next to no time', async () => {
  const times: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const before = process.cpuUsage();
    await of(n % 2 === 0 ? RSA : pemFile('p384-with-params.pem'));
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000);
  }
  // About one millisecond for the quickest: the compiler and the collector of memory work besides.
  expect(Math.min(...times)).toBeLessThan(50);
});
