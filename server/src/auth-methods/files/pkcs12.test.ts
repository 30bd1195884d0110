import { createHmac, createPrivateKey, pbkdf2Sync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificate, client, jwt, look, pkcs8, rsa } from '../examine-under-test.ts';
import { octetsOf, readBer } from './ber.ts';
import { pemOfDer } from './der-file.ts';
import { der, integer, octets, sequence, withoutLengths } from './der-under-test.ts';
import { forgedPkcs12 } from './forged-under-test.ts';
import { binaryFile, keyFileBytes, PASSPHRASE, pemFile } from './key-files-under-test.ts';
import { unlock } from './locked.ts';
import { openPkcs12 } from './pkcs12.ts';

const CHAIN = ['client.pem', 'middle.pem', 'root.pem']
  .map((name) => new X509Certificate(pemFile(name)).toString())
  .join('');
const CLIENT_KEY = pkcs8(createPrivateKey(pemFile('client-key.pem')));
const DATA = '06092a864886f70d010701';
/** A file without passphrase and seal, of these bags. */
const openFile = (...bags: Buffer[]) =>
  sequence(
    integer(3),
    sequence(DATA, der(0xa0, octets(sequence(sequence(DATA, der(0xa0, octets(sequence(...bags)))))))),
  );
const keyBag = (pkcs8Der: Buffer) => sequence('060b2a864886f70d010c0a0101', der(0xa0, pkcs8Der));
const rsaDer = rsa.privateKey.export({ type: 'pkcs8', format: 'der' });

describe('a PKCS#12 file', () => {
  it.each<[string, string]>([
    ['openssl3.p12', PASSPHRASE],
    ['legacy.p12', PASSPHRASE],
    ['rc2-128.p12', PASSPHRASE],
    ['des3.p12', PASSPHRASE],
    ['sha512.p12', PASSPHRASE],
    ['nomac.p12', PASSPHRASE],
    ['java.p12', PASSPHRASE],
    ['java-legacy.p12', PASSPHRASE],
    ['umlaut.p12', 'geheim ñ € 🔑'],
    ['umlaut-legacy.p12', 'geheim ñ €'],
    ['empty.p12', ''],
    ['open.p12', ''],
  ])(
    'of another program (%s) gives its key and its chain in order; the passphrase is not kept',
    async (name, passphrase) => {
      const entered = { certificate: binaryFile(name), ...(passphrase !== '' && { passphrase }) };
      const found = await look(certificate, entered);
      expect(found).toMatchObject({ problem: null, title: 'Client certificate', brings: ['private_key'] });
      expect(found.values.reveal()).toEqual({ certificate: CHAIN, private_key: CLIENT_KEY });
    },
  );

  it.each([
    ['aes256', 2_048],
    ['3des', 1],
  ])(
    'of node-forge, under %s, is opened; one for assertions needs no certificate',
    async (algorithm, count) => {
      const both = forgedPkcs12(rsa.privateKey, PASSPHRASE, { algorithm, count });
      const pair = await look(certificate, { certificate: both, passphrase: PASSPHRASE });
      expect(pair).toMatchObject({ problem: null, title: 'Client certificate' });
      const alone = forgedPkcs12(rsa.privateKey, PASSPHRASE, { algorithm, count, parts: 'key' });
      const found = await look(jwt, { client_id: 'abc', private_key: alone, passphrase: PASSPHRASE });
      expect(found.problem).toBeNull();
      expect(found.values.reveal()).toEqual({ client_id: 'abc', private_key: pkcs8(rsa.privateKey) });
    },
  );

  it('may be wrapped in lines, have PEM lines around it, stand under the key, or under both', async () => {
    const base64 = binaryFile('openssl3.p12');
    const forms = [
      { certificate: base64.replace(/.{76}/g, '$&\r\n') },
      { certificate: pemOfDer('PKCS12', keyFileBytes('openssl3.p12')) },
      { private_key: base64 },
      { certificate: base64, private_key: base64 },
    ];
    for (const values of forms) {
      const found = await look(certificate, { ...values, passphrase: PASSPHRASE });
      expect(found.problem).toBeNull();
      expect(found.values.reveal()).toEqual({ certificate: CHAIN, private_key: CLIENT_KEY });
    }
  });

  it('whose lengths are not said ahead is opened', async () => {
    const whole = readBer(keyFileBytes('legacy.p12'));
    const written = whole === null ? Buffer.alloc(0) : withoutLengths(whole, 4);
    expect(written.subarray(0, 2).toString('hex')).toBe('3080');
    expect(await openPkcs12(written, PASSPHRASE)).toMatchObject({
      kind: 'opened',
      keys: [expect.any(Buffer)],
    });
    const found = await look(certificate, {
      certificate: written.toString('base64'),
      passphrase: PASSPHRASE,
    });
    expect(found.problem).toBeNull();
  });

  it('sealed as in RFC 9579 is opened', async () => {
    const [version, safe] = readBer(keyFileBytes('nomac.p12'))?.parts ?? [];
    const content = octetsOf(safe?.parts[1]?.parts[0]) ?? Buffer.alloc(0);
    const [salt, hmac] = [Buffer.from('0123456789abcdef'), sequence('06082a864886f70d0209', '0500')];
    const key = pbkdf2Sync(PASSPHRASE, salt, 2_048, 32, 'sha256');
    const derivation = sequence(
      '06092a864886f70d01050c',
      sequence(octets(salt), integer(2_048), integer(32), hmac),
    );
    const algorithm = sequence('06092a864886f70d01050e', sequence(derivation, hmac));
    const seal = octets(createHmac('sha256', key).update(content).digest());
    const mac = sequence(sequence(algorithm, seal), octets(Buffer.from('NOT USED')), integer(1));
    const file = sequence(version?.whole ?? '', safe?.whole ?? '', mac);
    expect(await openPkcs12(file, PASSPHRASE)).toMatchObject({ kind: 'opened' });
    expect(await openPkcs12(file, 'another')).toEqual({ kind: 'shut' });
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'without its passphrase',
      { certificate: binaryFile('openssl3.p12') },
      'passphrase',
      /is protected by a passphrase/,
    ],
    [
      'with a wrong one',
      { certificate: binaryFile('openssl3.p12'), passphrase: 'x' },
      'passphrase',
      /does not open/,
    ],
    [
      'with a wrong one and no seal',
      { certificate: binaryFile('nomac.p12'), passphrase: 'x' },
      'passphrase',
      /does not open/,
    ],
    [
      'cut off',
      { certificate: binaryFile('openssl3.p12').slice(0, 1_200) },
      'certificate',
      /damaged or cut off/,
    ],
    [
      'with the key of another',
      { certificate: binaryFile('open.p12'), private_key: client.key },
      'certificate',
      /do not belong together/,
    ],
    [
      'without a certificate',
      { certificate: openFile(keyBag(rsaDer)).toString('base64') },
      'certificate',
      /but no certificate/,
    ],
    [
      'with two keys',
      { certificate: openFile(keyBag(rsaDer), keyBag(rsaDer)).toString('base64') },
      'certificate',
      /more than one private key/,
    ],
    [
      'with nothing in it',
      { certificate: openFile().toString('base64') },
      'certificate',
      /neither a private key nor/,
    ],
    [
      'without a key',
      {
        certificate: forgedPkcs12(rsa.privateKey, PASSPHRASE, { parts: 'certificate' }),
        passphrase: PASSPHRASE,
      },
      'certificate',
      /no private key/,
    ],
    [
      'that is a Java keystore',
      { certificate: binaryFile('store.jks') },
      'certificate',
      /a Java keystore.*keytool/,
    ],
    ['that is PKCS#7', { certificate: binaryFile('chain.p7b') }, 'certificate', /PKCS#7 file .* no key/],
  ])('%s is refused, and said why', async (_, values, field, words) => {
    const { problem } = await look(certificate, values);
    expect(problem).toMatchObject({ field, message: expect.stringMatching(words) });
  });
});

describe('a damaged binary file', () => {
  /** Has one bit turned over in every third byte, and ends at some. */
  function* damaged(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      yield changed;
      if (at % 8 === 1) yield bytes.subarray(0, at);
    }
  }

  it.each(['open.p12', 'client-key.der', 'client.der', 'chain.p7b', 'store.jks'])(
    'throws nothing, wherever it ends and whichever bit is another (%s)',
    async (name) => {
      for (const one of damaged(keyFileBytes(name))) {
        const file = one.toString('base64');
        const found = await look(certificate, { certificate: file, private_key: file });
        if (found.problem === null) expect(found.values.reveal().private_key).toBe(CLIENT_KEY);
      }
    },
    60_000,
  );
});

describe('a PKCS#12 file made to hold up the server', () => {
  const locked = (rounds: number, salt = 8) =>
    sequence('060a2a864886f70d010c0103', sequence(octets(Buffer.alloc(salt)), integer(rounds)));
  const shrouded = (rounds: number, salt?: number) =>
    sequence(
      '060b2a864886f70d010c0a0102',
      der(0xa0, sequence(locked(rounds, salt), octets(Buffer.alloc(48)))),
    );
  const sealed = (rounds: number) => {
    const info = sequence(sequence('06052b0e03021a', '0500'), octets(Buffer.alloc(20)));
    const [version, safe] = readBer(openFile())?.parts ?? [];
    return sequence(
      version?.whole ?? '',
      safe?.whole ?? '',
      sequence(info, octets(Buffer.alloc(8)), integer(rounds)),
    );
  };

  it.each<[string, Buffer]>([
    ['two thousand million rounds for its seal', sealed(0x7fffffff)],
    ['two thousand million rounds for its key', openFile(shrouded(0x7fffffff))],
    ['a salt of fifty kilobytes', openFile(shrouded(10, 50_000))],
  ])('by %s is not opened', async (_, file) => {
    const startedAt = performance.now();
    expect(await openPkcs12(file, PASSPHRASE)).toEqual({ kind: 'slow' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('by many parts is opened as far as one file may cost', async () => {
    const algorithm = readBer(locked(1_000)) ?? undefined;
    const effort = { rounds: 10_000 };
    expect(await unlock(algorithm, Buffer.alloc(48), PASSPHRASE, effort)).toEqual({ kind: 'shut' });
    expect(await unlock(algorithm, Buffer.alloc(48), PASSPHRASE, effort)).toEqual({ kind: 'slow' });
  });

  it.each<[string, Buffer]>([
    [
      'a thousand levels',
      Array.from({ length: 1_000 }).reduce<Buffer>((inner) => sequence(inner), integer(3)),
    ],
    ['a thousand levels without lengths', Buffer.from('3080'.repeat(10_000) + '0000'.repeat(10_000), 'hex')],
    ['a hundred thousand values', sequence(integer(3), ...Array.from({ length: 30_000 }, () => '0500'))],
    [
      'bags in bags',
      openFile(
        Array.from({ length: 9 }).reduce<Buffer>(
          (inner) => sequence('060b2a864886f70d010c0a0106', der(0xa0, sequence(inner))),
          keyBag(rsaDer),
        ),
      ),
    ],
  ])('by %s is damaged', async (_, file) => {
    expect(await openPkcs12(file, PASSPHRASE)).toEqual({ kind: 'damaged' });
  });

  it('lets others be served while it is opened', async () => {
    let served = 0;
    const timer = setInterval(() => {
      served += 1;
    }, 1);
    // 150,000 rounds in this thread.
    expect(await openPkcs12(sealed(150_000), PASSPHRASE)).toEqual({ kind: 'shut' });
    clearInterval(timer);
    expect(served).toBeGreaterThan(20);
  });
});
