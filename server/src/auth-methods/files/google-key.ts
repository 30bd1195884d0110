import type { KeyObject } from 'node:crypto';
import { fileKind, wrongFile } from './file-kind.ts';
import { readJsonObject } from './json-text.ts';
import { readPrivateKey } from './private-key.ts';

/** What a token is asked for with, from the JSON file of a Google service account. */
export interface GoogleKey {
  clientEmail: string;
  privateKey: string;
  keyId: string | null;
  projectId: string | null;
}

export type GoogleKeyOutcome =
  /** `text`: the file again, its private key in order. */
  { kind: 'key'; file: GoogleKey; key: KeyObject; text: string } | { kind: 'problem'; message: string };

const WANTED = 'a service account key';
const ADVICE = 'In the console: IAM & Admin > Service Accounts > the account > Keys > Add key > JSON.';

/** `tokenUrl`: the one address that an assertion goes to, whatever the file says. */
export async function readGoogleKey(text: string, tokenUrl: string): Promise<GoogleKeyOutcome> {
  const kind = fileKind(text);
  const isOther = kind !== 'google_service_account' && kind !== 'json';
  if (isOther) return problem(wrongFile(text, WANTED, ADVICE));
  const read = readJsonObject(text);
  if (read.kind === 'problem') return read;
  const { value } = read;
  if (value.type !== 'service_account') return problem(wrongType(value.type));
  const missing = ['client_email', 'private_key'].find((name) => textAt(value, name) === null);
  if (missing !== undefined) return problem(`The service account key has no “${missing}”. ${ADVICE}`);
  const named = textAt(value, 'token_uri');
  if (named !== null && named !== tokenUrl) {
    return problem(`The file's token_uri is not ${tokenUrl}. Keyrail sends its signature nowhere else.`);
  }
  return withKey(value);
}

async function withKey(value: Record<string, unknown>): Promise<GoogleKeyOutcome> {
  const opened = await readPrivateKey(textAt(value, 'private_key') ?? '', undefined);
  if (opened.kind === 'problem') return problem(`In the file's private_key: ${opened.message}`);
  const { key } = opened;
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2_048) {
    return problem("The file's private_key is no RSA key of 2,048 bits or more, as Google's are.");
  }
  const repaired = { ...value, private_key: opened.pem.reveal() };
  return { kind: 'key', file: fileOf(repaired), key, text: JSON.stringify(repaired, null, 2) };
}

/** The parts of a file that was checked before it was stored. */
export function storedGoogleKey(text: string): GoogleKey | null {
  const read = readJsonObject(text);
  return read.kind === 'object' && textAt(read.value, 'private_key') !== null ? fileOf(read.value) : null;
}

function fileOf(value: Record<string, unknown>): GoogleKey {
  return {
    clientEmail: textAt(value, 'client_email') ?? '',
    privateKey: textAt(value, 'private_key') ?? '',
    keyId: textAt(value, 'private_key_id'),
    projectId: textAt(value, 'project_id'),
  };
}

function wrongType(type: unknown): string {
  return typeof type === 'string'
    ? `The file's type is “${type.slice(0, 60)}”, not “service_account”. ${ADVICE}`
    : `This JSON file is not a service account key: its “type” is not “service_account”. ${ADVICE}`;
}

function textAt(value: Record<string, unknown>, name: string): string | null {
  const found = Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof found === 'string' && found.trim() !== '' ? found : null;
}

function problem(message: string): GoogleKeyOutcome {
  return { kind: 'problem', message };
}
