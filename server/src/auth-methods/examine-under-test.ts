import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { makeCertificate, makeRequest } from '../../test/certificate.ts';
import { type AuthMethod, authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import { type Examined, examine } from './examine.ts';

export const NOW = new Date('2026-11-21T12:00:00Z');
export const DAY_MS = 86_400_000;
export const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS);
export const TOKEN_URL = 'https://oauth2.googleapis.com/token';

const named = (...names: string[]) => names.map((name) => ({ name, label: name }));
export const fields = named('key_file');
export const google = authMethodSchema.parse({
  type: 'service_account',
  kind: 'google_service_account',
  token_url: TOKEN_URL,
  fields,
});
export const jwt = authMethodSchema.parse({
  type: 'service_account',
  kind: 'jwt_bearer',
  token_url: 'https://id.example.com/token',
  assertion: { issuer: '{client_id}', subject: '{user}' },
  fields: named('client_id', 'user', 'private_key', 'passphrase'),
});
export const aws = authMethodSchema.parse({
  type: 'service_account',
  kind: 'aws_access_key',
  signing: { service: 'sts', region: 'us-east-1' },
  fields,
});
export const certificate = authMethodSchema.parse({
  type: 'certificate',
  fields: named('certificate', 'private_key', 'passphrase', 'authority'),
});

export const look = (method: AuthMethod, values: Record<string, string>): Promise<Examined> =>
  examine(method, new Secret(values), NOW);
export const problemOf = async (method: AuthMethod, values: Record<string, string>) =>
  (await look(method, values)).problem?.message ?? null;

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
export const encrypted = (key: KeyObject, passphrase: string) =>
  key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
export const RSA_KEY = pkcs8(rsa.privateKey);
export const PUBLIC_KEY = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
export const CSR = makeRequest('client.example');
export const SSH_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from('openssh-key-v1\0made up').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
export const HTML =
  '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body></html>';
export const BINARY = Buffer.from([0x30, 0x82, 0x04, 0xa4, 0x02, 0x01, 0x00, 0xff]).toString('utf8');

export const ca = {
  ...makeCertificate({ name: 'Test Root', validTo: inDays(3650), isAuthority: true }),
  name: 'Test Root',
};
export const middle = {
  ...makeCertificate({ name: 'Test Middle', validTo: inDays(900), isAuthority: true, issuer: ca }),
  name: 'Test Middle',
};
export const client = makeCertificate({ name: 'client.example', validTo: inDays(300), issuer: middle });
export const stranger = makeCertificate({ name: 'stranger.example', validTo: inDays(300) });

export const KEY_FILE = {
  type: 'service_account',
  project_id: 'sandbox-project',
  private_key_id: '0123456789abcdef',
  private_key: RSA_KEY,
  client_email: 'robot@sandbox-project.iam.gserviceaccount.example',
  client_id: '100000000000000000001',
  token_uri: TOKEN_URL,
};
export const keyFile = (more: object = {}) => JSON.stringify({ ...KEY_FILE, ...more }, null, 2);
export const privateKeyIn = ({ values }: Examined) =>
  (JSON.parse(values.reveal().key_file ?? '{}') as { private_key?: string }).private_key;
