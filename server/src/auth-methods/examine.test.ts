import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCertificate, makeRequest } from '../../test/certificate.ts';
import { type AuthMethod, authMethodSchema } from '../catalog/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import { type Examined, examine } from './examine.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
const TOKEN_URL = 'https://oauth2.googleapis.com/token';

const fields = [{ name: 'key_file', label: 'Key' }];
const google = authMethodSchema.parse({
  type: 'service_account',
  kind: 'google_service_account',
  token_url: TOKEN_URL,
  fields,
});
const jwt = authMethodSchema.parse({
  type: 'service_account',
  kind: 'jwt_bearer',
  token_url: 'https://id.example.com/token',
  assertion: { issuer: '{client_id}', subject: '{user}' },
  fields,
});
const aws = authMethodSchema.parse({
  type: 'service_account',
  kind: 'aws_access_key',
  signing: { service: 'sts', region: 'us-east-1' },
  fields,
});
const certificate = authMethodSchema.parse({ type: 'certificate', fields });

const look = (method: AuthMethod, values: Record<string, string>): Examined =>
  examine(method, new Secret(values), NOW);
const problemOf = (method: AuthMethod, values: Record<string, string>) =>
  look(method, values).problem?.message ?? null;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const encrypted = (key: KeyObject, passphrase: string) =>
  key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
const RSA_KEY = pkcs8(rsa.privateKey);
const PUBLIC_KEY = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const CSR = makeRequest('client.example');
const SSH_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from('openssh-key-v1\0made up').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
const HTML = '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body></html>';
const BINARY = Buffer.from([0x30, 0x82, 0x04, 0xa4, 0x02, 0x01, 0x00, 0xff]).toString('utf8');

const ca = {
  ...makeCertificate({ name: 'Test Root', validTo: inDays(3650), isAuthority: true }),
  name: 'Test Root',
};
const middle = {
  ...makeCertificate({ name: 'Test Middle', validTo: inDays(900), isAuthority: true, issuer: ca }),
  name: 'Test Middle',
};
const client = makeCertificate({ name: 'client.example', validTo: inDays(300), issuer: middle });
const stranger = makeCertificate({ name: 'stranger.example', validTo: inDays(300) });

const KEY_FILE = {
  type: 'service_account',
  project_id: 'sandbox-project',
  private_key_id: '0123456789abcdef',
  private_key: RSA_KEY,
  client_email: 'robot@sandbox-project.iam.gserviceaccount.example',
  client_id: '100000000000000000001',
  token_uri: TOKEN_URL,
};
const keyFile = (more: object = {}) => JSON.stringify({ ...KEY_FILE, ...more }, null, 2);
const privateKeyIn = ({ values }: Examined) =>
  (JSON.parse(values.reveal().key_file ?? '{}') as { private_key?: string }).private_key;

describe('a Google service account key', () => {
  it('is shown with its project, e-mail and key ID, and whom it acts for; nothing of the private key', () => {
    const found = look(google, { key_file: keyFile(), subject: 'ada@example.com' });
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
    ['white space around', `\n\n  ${keyFile()}  \r\n`],
    ['CRLF in the file', keyFile().replaceAll('\n', '\r\n')],
    ['CRLF in the key', keyFile({ private_key: RSA_KEY.replaceAll('\n', '\r\n') })],
    ['\\n written out in the key', keyFile({ private_key: RSA_KEY.replaceAll('\n', '\\n') })],
    ['spaces where lines were', keyFile({ private_key: RSA_KEY.replaceAll('\n', ' ') })],
    ['no last line end', keyFile({ private_key: RSA_KEY.trimEnd() })],
    ['spaces in front of lines', keyFile({ private_key: RSA_KEY.replaceAll('\n', '\n   ') })],
  ])('with %s is put in order', (_, text) => {
    const found = look(google, { key_file: text });
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
    ['a web page', HTML, /This is a web page/],
    ['a web page saved as JSON', `${HTML}${keyFile()}`, /This is a web page/],
    ['a public key', PUBLIC_KEY, /This is a public key, not a service account key/],
    ['the private key alone', RSA_KEY, /This is a private key, not a service account key/],
    ['a certificate', client.cert, /This is a certificate, not a service account key/],
    ['a binary file', BINARY, /This is a binary file.*openssl pkcs12/],
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
  ])('that is %s is refused, and said why', (_, text, words) => {
    const found = look(google, { key_file: text });
    expect(found.problem).toMatchObject({ field: 'key_file', message: expect.stringMatching(words) });
    expect(found.problem?.message).not.toContain(RSA_KEY.slice(40, 80));
  });
});

describe('a client certificate', () => {
  const pair = { certificate: client.cert + middle.cert, private_key: client.key };

  it('is shown with its subject, issuer, end and fingerprint; the key is not', () => {
    const found = look(certificate, pair);
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
  ])('with its chain %s is stored leaf first', (_, chain) => {
    const found = look(certificate, { certificate: chain, private_key: client.key });
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
  ])('%s is named for what it is', (_, values, field, words) => {
    expect(look(certificate, values).problem).toMatchObject({ field, message: expect.stringMatching(words) });
  });

  it('and key that do not fit have a reason for machines', () => {
    expect(look(certificate, { ...pair, private_key: stranger.key }).problem?.reason).toBe('key_mismatch');
  });

  it('is refused when it is over or not valid yet, and accepted with a warning when it ends soon', () => {
    const made = (from: number, to: number) => {
      const { cert, key } = makeCertificate({
        name: 'a.example',
        validFrom: inDays(from),
        validTo: inDays(to),
      });
      return look(certificate, { certificate: cert, private_key: key });
    };
    expect(made(-100, -1).problem?.message).toMatch(/ended on 2026-11-20/);
    expect(made(1, 100).problem?.message).toMatch(/not valid before 2026-11-22/);
    expect(made(-100, 10)).toMatchObject({
      problem: null,
      warnings: ['The certificate ends on 2026-12-01, in 10 days.'],
    });
    expect(made(-100, 100).warnings).toEqual([]);
  });

  it('of an authority is accepted, and remarked upon', () => {
    const found = look(certificate, { certificate: ca.cert, private_key: ca.key });
    expect(found.problem).toBeNull();
    expect(found.warnings).toEqual([expect.stringMatching(/authority \(CA\)/)]);
  });

  it('with a name that looks like markup or holds control characters is shown as plain text', () => {
    const made = makeCertificate({ name: '<img src=x onerror=alert(1)>\u202e\u0007x', validTo: inDays(100) });
    const { facts } = look(certificate, { certificate: made.cert, private_key: made.key });
    const subject = facts.find((one) => one.label === 'Subject')?.value ?? '';
    expect(subject).toContain('<img src=x onerror=alert(1)>');
    expect(subject).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('can be looked at before its key is there, and the key before the certificate', () => {
    expect(look(certificate, { certificate: pair.certificate })).toMatchObject({
      problem: null,
      title: 'Client certificate',
    });
    expect(look(certificate, { private_key: client.key })).toMatchObject({
      problem: null,
      title: 'Private key',
    });
    expect(look(certificate, {})).toMatchObject({ problem: null, title: null });
  });
});

/** DER of one value. */
const der = (tag: number, ...parts: (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  );
  const size = content.length;
  const length = size < 0x80 ? [size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const pem = (label: string, inside: Buffer) =>
  `-----BEGIN ${label}-----\n${inside.toString('base64')}\n-----END ${label}-----\n`;
const integer = (value: number) =>
  der(0x02, `00${value.toString(16).padStart(8, '0')}`.replace(/^(00)+(?=0)/, ''));

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
  const looked = (private_key: string) =>
    look(jwt, { client_id: 'acme', user: 'ada', private_key, passphrase: 'any' }).problem?.message;

  it.each([
    ['eight million rounds', protectedBy(PBKDF2, integer(8_000_000))],
    ['two thousand million rounds', protectedBy(PBKDF2, integer(0x7fffffff))],
    ['more rounds than there are numbers', protectedBy(PBKDF2, der(0x02, `7f${'ff'.repeat(12)}`))],
    ['scrypt that takes long', protectedBy(SCRYPT, integer(8_192), integer(8), integer(256))],
    ['a length that is not said', protectedBy(PBKDF2, integer(2_048)).replace(/\nM./, '\nMI')],
    ['headers around it', protectedBy(PBKDF2, integer(2_048)).replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n')],
  ])('is not opened: %s', (_, private_key) => {
    expect(looked(private_key)).toMatch(/opening it takes too long/);
  });

  it.each([
    ['as openssl does', protectedBy(PBKDF2, integer(2_048))],
    ['as is recommended', protectedBy(PBKDF2, integer(600_000))],
    ['with scrypt as openssl does', protectedBy(SCRYPT, integer(16_384), integer(8), integer(1))],
  ])('is not what is protected %s', (_, private_key) => {
    expect(looked(private_key)).toBe('The passphrase does not open the private key.');
  });

  it('is not read where it is nested without end', () => {
    const deep = keyFile().replace('{', `{"deep": ${'['.repeat(100_000)}${']'.repeat(100_000)},`);
    expect(problemOf(google, { key_file: deep })).toMatch(/nested too deeply/);
  });

  it('is not signed with where it is larger than any real one', () => {
    const odd = (bits: number) => integerOf(Buffer.alloc(bits / 8, 0xa5));
    const integerOf = (bytes: Buffer) => der(0x02, '00', bytes);
    const half = odd(8_200);
    const key = der(0x30, '020100', odd(16_400), '0203010001', odd(16_400), half, half, half, half, half);
    const startedAt = performance.now();
    expect(looked(pem('RSA PRIVATE KEY', key))).toMatch(/more than 8,192 bits/);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('a private key with a passphrase', () => {
  const locked = encrypted(rsa.privateKey, 'right one');
  const values = (more: object) => ({ client_id: 'abc', user: 'ada', private_key: locked, ...more });
  const legacy = rsa.privateKey
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'right one' })
    .toString();

  it('needs it, and says when it is wrong', () => {
    expect(look(jwt, values({})).problem).toMatchObject({
      field: 'passphrase',
      message: expect.stringMatching(/protected by a passphrase/),
    });
    expect(look(jwt, values({ passphrase: 'wrong' })).problem).toMatchObject({
      field: 'passphrase',
      message: 'The passphrase does not open the private key.',
    });
    expect(look(jwt, values({ private_key: legacy })).problem?.field).toBe('passphrase');
  });

  it.each([
    ['PKCS#8', locked],
    ['an older form', legacy],
  ])('of %s is opened with it, and the passphrase is not kept', (_, private_key) => {
    const found = look(jwt, values({ private_key, passphrase: 'right one' }));
    expect(found.problem).toBeNull();
    expect(found.values.reveal()).toEqual({ client_id: 'abc', user: 'ada', private_key: RSA_KEY });
  });
});

describe('a key for assertions', () => {
  it('is shown by its issuer, subject, algorithm and the fingerprint of its public half', () => {
    const found = look(jwt, { client_id: 'abc', user: 'ada', private_key: RSA_KEY });
    expect(found.facts.map((one) => one.label)).toEqual([
      'Issuer',
      'Subject',
      'Algorithm',
      'Key',
      'SHA-256 fingerprint of the public key',
    ]);
    expect(found.facts[3]?.value).toBe('RSA, 2,048 bits');
  });

  it('that cannot sign is refused', () => {
    const short = pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    expect(problemOf(jwt, { private_key: short })).toMatch(/RSA, 1,024 bits\) cannot sign RS256/);
    expect(problemOf(jwt, { private_key: pkcs8(generateKeyPairSync('x25519').privateKey) })).toMatch(
      /damaged|cannot sign/,
    );
    expect(problemOf(jwt, { private_key: pkcs8(ec.privateKey) })).toBeNull();
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
  ])('that is %s is refused, and said why', (_, entered, field, words) => {
    expect(look(aws, entered).problem).toMatchObject({ field, message: expect.stringMatching(words) });
  });

  it('is shown by its ID', () => {
    expect(look(aws, { ...values, region: 'us-east-1' })).toMatchObject({
      title: 'AWS access key',
      problem: null,
      facts: [
        { label: 'Access key ID', value: 'AKIASANDBOXGOOD00001' },
        { label: 'Region', value: 'us-east-1' },
      ],
    });
  });
});

describe('a file with one bit turned over', () => {
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

  it.each<[string, string, (text: string) => { problem: unknown; key: string | undefined }, string]>([
    [
      'a PEM key of RSA',
      RSA_KEY,
      (private_key) => {
        const { problem, values } = look(jwt, { private_key });
        return { problem, key: values.reveal().private_key };
      },
      RSA_KEY,
    ],
    [
      'a PEM key of a curve',
      pkcs8(ec.privateKey),
      (private_key) => {
        const { problem, values } = look(jwt, { private_key });
        return { problem, key: values.reveal().private_key };
      },
      pkcs8(ec.privateKey),
    ],
    [
      'a JSON key',
      keyFile(),
      (key_file) => {
        const found = look(google, { key_file });
        return { problem: found.problem, key: found.problem === null ? privateKeyIn(found) : undefined };
      },
      RSA_KEY,
    ],
    [
      'a certificate with its chain',
      client.cert,
      (text) => {
        const chain = text + middle.cert + ca.cert;
        const { problem, values } = look(certificate, { certificate: chain, private_key: client.key });
        return { problem, key: values.reveal().certificate };
      },
      [client.cert, middle.cert, ca.cert].map((one) => new X509Certificate(one).toString()).join(''),
    ],
  ])(
    '%s is refused or is still the very same, and nothing throws',
    (_, text, read, same) => {
      let refused = 0;
      for (const one of damaged(text, 2_000)) {
        const { problem, key } = read(one);
        if (problem === null) expect(key).toBe(same);
        else refused += 1;
      }
      expect(refused).toBeGreaterThan(1_000);
    },
    60_000,
  );
});
