import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  aws,
  BINARY,
  ca,
  certificate,
  client,
  ec,
  google,
  HTML,
  jwt,
  KEY_FILE,
  keyFile,
  look,
  middle,
  otherRsa,
  PUBLIC_KEY,
  pkcs8,
  privateKeyIn,
  RSA_KEY,
  rsa,
  TOKEN_URL,
} from './examine-under-test.ts';
import { forgedPkcs12 } from './files/forged-under-test.ts';
import { binaryFile, PASSPHRASE } from './files/key-files-under-test.ts';

describe('a Google service account key', () => {
  it('is shown with its project, e-mail and key ID, and whom it acts for; nothing of the private key', async () => {
    const found = await look(google, { key_file: keyFile(), subject: 'ada@example.com' });
    expect(found).toMatchObject({
      title: 'Google service account key',
      problem: null,
      facts: [
        { label: 'Project', value: 'sandbox-project' },
        { label: 'Client e-mail', value: KEY_FILE.client_email },
        { label: 'Key ID', value: '0123456789abcdef' },
        { label: 'Acts for', value: 'ada@example.com' },
      ],
    });
    const { values: _, ...shown } = found;
    expect(JSON.stringify(shown)).not.toContain(RSA_KEY.slice(40, 80));
  });

  it.each<[string, string]>([
    ['a byte order mark', `\uFEFF${keyFile()}`],
    ['base64 around all of it', Buffer.from(keyFile()).toString('base64')],
    ['white space around', `\n\n  ${keyFile()}  \r\n`],
    ['CRLF in the file', keyFile().replaceAll('\n', '\r\n')],
    ['CRLF in the key', keyFile({ private_key: RSA_KEY.replaceAll('\n', '\r\n') })],
    ['\\n written out in the key', keyFile({ private_key: RSA_KEY.replaceAll('\n', '\\n') })],
    ['spaces where lines were', keyFile({ private_key: RSA_KEY.replaceAll('\n', ' ') })],
    ['no last line end', keyFile({ private_key: RSA_KEY.trimEnd() })],
    ['spaces in front of lines', keyFile({ private_key: RSA_KEY.replaceAll('\n', '\n   ') })],
  ])('with %s is put in order', async (_, text) => {
    const found = await look(google, { key_file: text });
    expect(found.problem).toBeNull();
    expect(privateKeyIn(found)).toBe(RSA_KEY);
  });

  it.each<[string, string, RegExp]>([
    ['cut off', keyFile().slice(0, 400), /cut off/],
    ['a list', `[${keyFile()}]`, /not one object/],
    [
      'a comma too many',
      keyFile().replace(/"\n}$/, '",\n}'),
      /not valid at line \d+, character \d+\. There is a comma/,
    ],
    ['a name twice', keyFile().replace('{', '{"client_email": "other@example.com",'), /“client_email” twice/],
    ['without private_key', keyFile({ private_key: undefined }), /has no “private_key”/],
    ['without client_email', keyFile({ client_email: '' }), /has no “client_email”/],
    ['without type', keyFile({ type: undefined }), /its “type” is not “service_account”/],
    ['of an unknown type', keyFile({ type: 'robot' }), /type is “robot”, not “service_account”/],
    [
      'authorized_user',
      keyFile({ type: 'authorized_user' }),
      /authorized_user file, which holds the sign-in of a person, not a service account key/,
    ],
    ['external_account', keyFile({ type: 'external_account' }), /workload identity federation/],
    [
      'an OAuth client (installed)',
      '{"installed":{"client_id":"1","client_secret":"s"}}',
      /This is an OAuth client file, not a service account key/,
    ],
    [
      'an OAuth client (web)',
      '{"web":{"client_id":"1","client_secret":"s"}}',
      /This is an OAuth client file, not a service account key/,
    ],
    [
      'the settings of a Firebase app',
      '{"apiKey":"x","authDomain":"y.example","projectId":"z"}',
      /the configuration of a Firebase app, which holds no private key/,
    ],
    ['impersonation', keyFile({ type: 'impersonated_service_account' }), /which holds no key/],
    [
      'a JSON Web Key',
      JSON.stringify(ec.privateKey.export({ format: 'jwk' })),
      /a JSON Web Key \(JWK\), not/,
    ],
    ['PKCS#12', binaryFile('openssl3.p12'), /a PKCS#12 file .* not a service account key.*JSON/],
    ['a web page', HTML, /This is a web page/],
    ['a web page saved as JSON', `${HTML}${keyFile()}`, /This is a web page/],
    ['a public key', PUBLIC_KEY, /This is a public key, not a service account key/],
    ['the private key alone', RSA_KEY, /This is a private key, not a service account key/],
    ['a certificate', client.cert, /This is a certificate, not a service account key/],
    ['a binary file', BINARY, /This is a binary file.*base64/],
    ['nothing', '  \n ', /empty/],
    [
      'an address of its own for tokens',
      keyFile({ token_uri: 'http://169.254.169.254/token' }),
      /token_uri is not https:\/\/oauth2.googleapis.com\/token/,
    ],
    ['a like address for tokens', keyFile({ token_uri: `${TOKEN_URL}/` }), /token_uri/],
    [
      'a short key',
      keyFile({ private_key: pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) }),
      /no RSA key of 2,048 bits/,
    ],
    ['a key of another kind', keyFile({ private_key: pkcs8(ec.privateKey) }), /no RSA key/],
    [
      'two keys in one',
      keyFile({ private_key: `${RSA_KEY}${pkcs8(otherRsa.privateKey)}` }),
      /more than one private key/,
    ],
    [
      'a damaged key',
      keyFile({ private_key: RSA_KEY.replace(/.{4}\n-----END/, '!!!!\n-----END') }),
      /characters that do not belong/,
    ],
  ])('that is %s is refused, and said why', async (_, text, words) => {
    const found = await look(google, { key_file: text });
    expect(found.problem).toMatchObject({ field: 'key_file', message: expect.stringMatching(words) });
    expect(found.problem?.message).not.toContain(RSA_KEY.slice(40, 80));
  });
});

describe('an AWS access key', () => {
  const values = { access_key_id: 'AKIASANDBOXGOOD00001', secret_access_key: 'sandboxSecret' };
  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'swapped with its ID',
      { access_key_id: 'sandboxSecret', secret_access_key: values.access_key_id },
      'secret_access_key',
      /swapped/,
    ],
    [
      'with an ID of another thing',
      { ...values, access_key_id: 'AIDASANDBOXGOOD00001' },
      'access_key_id',
      /starts with AIDA/,
    ],
    [
      'temporary, without its session token',
      { ...values, access_key_id: 'ASIASANDBOXGOOD00001' },
      'session_token',
      /needs its session token/,
    ],
  ])('that is %s is refused, and said why', async (_, entered, field, words) => {
    expect((await look(aws, entered)).problem).toMatchObject({
      field,
      message: expect.stringMatching(words),
    });
  });

  it('is shown by its ID', async () => {
    expect(await look(aws, { ...values, region: 'us-east-1' })).toMatchObject({
      title: 'AWS access key',
      problem: null,
      facts: [
        { label: 'Access key ID', value: 'AKIASANDBOXGOOD00001' },
        { label: 'Region', value: 'us-east-1' },
      ],
    });
  });
});

/** With few rounds, so that it is quickly opened. */
const SEALED = forgedPkcs12(rsa.privateKey, PASSPHRASE, { count: 1 });
const opened = async (text: string) => {
  const { problem, values } = await look(certificate, { certificate: text, passphrase: PASSPHRASE });
  return { problem, key: JSON.stringify(values.reveal()) };
};

describe('a file with one bit turned over', async () => {
  /** Flips bits at chosen places of `text` and hands over each damaged text. */
  function* damaged(text: string, count: number): Generator<string> {
    const bytes = Buffer.from(text, 'utf8');
    for (let n = 0; n < count; n += 1) {
      const at = Math.floor((n * bytes.length) / count);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (n % 8));
      yield changed.toString('utf8');
    }
  }

  it.each<[string, string, (text: string) => Promise<{ problem: unknown; key: string | undefined }>, string]>(
    [
      [
        'a PEM key of RSA',
        RSA_KEY,
        async (private_key) => {
          const { problem, values } = await look(jwt, { private_key });
          return { problem, key: values.reveal().private_key };
        },
        RSA_KEY,
      ],
      [
        'a PEM key of a curve',
        pkcs8(ec.privateKey),
        async (private_key) => {
          const { problem, values } = await look(jwt, { private_key });
          return { problem, key: values.reveal().private_key };
        },
        pkcs8(ec.privateKey),
      ],
      [
        'a JSON key',
        keyFile(),
        async (key_file) => {
          const found = await look(google, { key_file });
          return { problem: found.problem, key: found.problem === null ? privateKeyIn(found) : undefined };
        },
        RSA_KEY,
      ],
      ['a PKCS#12 file', SEALED, opened, (await opened(SEALED)).key],
      [
        'a certificate with its chain',
        client.cert,
        async (text) => {
          const chain = text + middle.cert + ca.cert;
          const { problem, values } = await look(certificate, {
            certificate: chain,
            private_key: client.key,
          });
          return { problem, key: values.reveal().certificate };
        },
        [client.cert, middle.cert, ca.cert].map((one) => new X509Certificate(one).toString()).join(''),
      ],
    ],
  )(
    '%s is refused or is still the very same, and nothing throws',
    async (_, text, read, same) => {
      let refused = 0;
      for (const one of damaged(text, 2_000)) {
        const { problem, key } = await read(one);
        if (problem === null) expect(key).toBe(same);
        else refused += 1;
      }
      expect(refused).toBeGreaterThan(1_000);
    },
    60_000,
  );

  it('a PKCS#12 file without a seal is refused, or its key and its certificate are still the very same', async () => {
    const whole = binaryFile('open.p12');
    const same = (await look(certificate, { certificate: whole })).values.reveal();
    const leaf = same.certificate?.split(/(?=-----BEGIN)/)[0] ?? '';
    for (const one of damaged(whole, 2_000)) {
      const { problem, values } = await look(certificate, { certificate: one });
      if (problem !== null) continue;
      const { private_key: key, certificate: chain = '' } = values.reveal();
      expect([key, chain.startsWith(leaf)]).toEqual([same.private_key, true]);
    }
  }, 60_000);
});
