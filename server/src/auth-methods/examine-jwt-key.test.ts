import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  ec,
  encrypted,
  google,
  jwt,
  keyFile,
  look,
  pkcs8,
  problemOf,
  RSA_KEY,
  rsa,
} from './examine-under-test.ts';
import { der, integer } from './files/der-under-test.ts';

const pem = (label: string, inside: Buffer) =>
  `-----BEGIN ${label}-----\n${inside.toString('base64')}\n-----END ${label}-----\n`;
describe('a key file made to hold up the server', () => {
  const PBKDF2 = '06092a864886f70d01050c';
  const SCRYPT = '06092b06010401da47040b';
  const protectedBy = (kdf: string, ...numbers: Buffer[]) =>
    pem(
      'ENCRYPTED PRIVATE KEY',
      der(
        0x30,
        der(
          0x30,
          '06092a864886f70d01050d',
          der(
            0x30,
            der(0x30, kdf, der(0x30, der(0x04, '0011223344556677'), ...numbers)),
            der(0x30, '060960864801650304012a', der(0x04, '00'.repeat(16))),
          ),
        ),
        der(0x04, '00'.repeat(48)),
      ),
    );
  const looked = async (private_key: string) =>
    (await look(jwt, { client_id: 'acme', user: 'ada', private_key, passphrase: 'any' })).problem?.message;

  it.each([
    ['eight million rounds', protectedBy(PBKDF2, integer(8_000_000))],
    ['two thousand million rounds', protectedBy(PBKDF2, integer(0x7fffffff))],
    ['more rounds than there are numbers', protectedBy(PBKDF2, der(0x02, `7f${'ff'.repeat(12)}`))],
    ['scrypt that takes long', protectedBy(SCRYPT, integer(8_192), integer(8), integer(256))],
  ])('is not opened: %s', async (_, private_key) => {
    expect(await looked(private_key)).toMatch(/opening it takes too long/);
  });

  it.each([
    ['a length that is not there', protectedBy(PBKDF2, integer(2_048)).replace(/\nM./, '\nMI')],
    [
      'two ways to protect it',
      protectedBy(PBKDF2, integer(2_048)).replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n'),
    ],
  ])('is damaged where it has %s', async (_, private_key) => {
    expect(await looked(private_key)).toMatch(/damaged and cannot be used/);
  });

  it.each([
    ['as openssl does', protectedBy(PBKDF2, integer(2_048))],
    ['as is recommended', protectedBy(PBKDF2, integer(600_000))],
    ['with scrypt as openssl does', protectedBy(SCRYPT, integer(16_384), integer(8), integer(1))],
  ])('is not what is protected %s', async (_, private_key) => {
    expect(await looked(private_key)).toBe('The passphrase does not open the private key.');
  });

  it('is not read where it is nested without end', async () => {
    const deep = keyFile().replace('{', `{"deep": ${'['.repeat(100_000)}${']'.repeat(100_000)},`);
    expect(await problemOf(google, { key_file: deep })).toMatch(/nested too deeply/);
  });

  it('is not signed with where it is larger than any real one', async () => {
    const odd = (bits: number) => integerOf(Buffer.alloc(bits / 8, 0xa5));
    const integerOf = (bytes: Buffer) => der(0x02, '00', bytes);
    const half = odd(8_200);
    const key = der(0x30, '020100', odd(16_400), '0203010001', odd(16_400), half, half, half, half, half);
    const startedAt = performance.now();
    expect(await looked(pem('RSA PRIVATE KEY', key))).toMatch(/more than 8,192 bits/);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('a private key with a passphrase', () => {
  const locked = encrypted(rsa.privateKey, 'right one');
  const values = (more: object) => ({ client_id: 'abc', user: 'ada', private_key: locked, ...more });
  const legacy = rsa.privateKey
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'right one' })
    .toString();

  it('needs it, and says when it is wrong', async () => {
    expect((await look(jwt, values({}))).problem).toMatchObject({
      field: 'passphrase',
      message: expect.stringMatching(/protected by a passphrase/),
    });
    expect((await look(jwt, values({ passphrase: 'wrong' }))).problem).toMatchObject({
      field: 'passphrase',
      message: 'The passphrase does not open the private key.',
    });
    expect((await look(jwt, values({ private_key: legacy }))).problem?.field).toBe('passphrase');
  });

  it.each([
    ['PKCS#8', locked],
    ['an older form', legacy],
  ])('of %s is opened with it, and the passphrase is not kept', async (_, private_key) => {
    const found = await look(jwt, values({ private_key, passphrase: 'right one' }));
    expect(found.problem).toBeNull();
    expect(found.values.reveal()).toEqual({ client_id: 'abc', user: 'ada', private_key: RSA_KEY });
  });
});

describe('a key for assertions', () => {
  it('is shown by its issuer, subject, algorithm and the fingerprint of its public half', async () => {
    const found = await look(jwt, { client_id: 'abc', user: 'ada', private_key: RSA_KEY });
    expect(found.facts.map((one) => one.label)).toEqual([
      'Issuer',
      'Subject',
      'Algorithm',
      'Key',
      'SHA-256 fingerprint of the public key',
    ]);
    expect(found.facts[3]?.value).toBe('RSA, 2,048 bits');
  });

  it('that cannot sign is refused', async () => {
    const short = pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    expect(await problemOf(jwt, { private_key: short })).toMatch(/RSA, 1,024 bits\) is too short for RS256/);
    expect(await problemOf(jwt, { private_key: pkcs8(generateKeyPairSync('x25519').privateKey) })).toMatch(
      /damaged|cannot sign/,
    );
    expect(await problemOf(jwt, { private_key: pkcs8(ec.privateKey) })).toBeNull();
  });
});
