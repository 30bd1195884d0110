import { asText } from './der-file.ts';
import { readPem } from './pem.ts';

/** What an entered text is, whatever was wanted. */
export type FileKind = keyof typeof WORDS;

/** As the rest of "This is …". */
const WORDS = {
  empty: 'an empty file',
  binary: 'a binary file',
  web_page: 'a web page, perhaps a sign-in page that was saved instead of the file',
  private_key: 'a private key',
  encrypted_private_key: 'a private key that is protected by a passphrase',
  certificate: 'a certificate',
  certificate_request: 'a certificate request (CSR)',
  public_key: 'a public key',
  ssh_private_key: 'an SSH private key',
  ssh_public_key: 'an SSH public key',
  pgp_key: 'a PGP key',
  pkcs12: 'a PKCS#12 file (.p12 or .pfx)',
  pkcs7: 'a PKCS#7 file (.p7b), which holds certificates but no key',
  java_keystore: 'a Java keystore (JKS)',
  json_web_key: 'a JSON Web Key (JWK)',
  json_web_key_set: 'a set of JSON Web Keys (JWKS)',
  firebase_config: 'the configuration of a Firebase app, which holds no private key',
  key_parameters: 'a file of key parameters without a key',
  google_service_account: 'a Google service account key',
  google_oauth_client: 'an OAuth client file',
  google_authorized_user: 'an authorized_user file, which holds the sign-in of a person',
  google_external_account: 'a file for workload identity federation, which holds no key',
  json: 'a JSON file of another kind',
  text: 'a text without a key in it',
} as const;

/** "This is an OAuth client file, not a service account key. …" */
export function wrongFile(text: string, wanted: string, advice = ''): string {
  const kind = fileKind(text);
  const sentence =
    kind === 'empty' ? `This file is empty; ${wanted} is needed.` : `This is ${WORDS[kind]}, not ${wanted}.`;
  const hint = HINTS[kind] ?? advice;
  return hint === '' ? sentence : `${sentence} ${hint}`;
}

const HINTS: Partial<Record<FileKind, string>> = {
  binary: 'If it is a .p12, .pfx or .der file, upload it as a file, or paste it as base64: base64 file.p12',
  java_keystore:
    'keytool -importkeystore -srckeystore file.jks -destkeystore file.p12 -deststoretype PKCS12 makes a file of it that can be uploaded here.',
};

/** Nothing is verified here: a text is named for what it says it is. */
export function fileKind(text: string): FileKind {
  const plain = asText(text)
    .replace(/^\uFEFF/, '')
    .trim();
  if (plain === '') return 'empty';
  // NUL and what is left of bytes that are no UTF-8.
  if (/[^\P{Cc}\t\n\v\f\r]|\ufffd/u.test(plain)) return 'binary';
  if (/^<(!doctype|html|head|body|\?xml)/i.test(plain)) return 'web_page';
  if (plain.startsWith('{') || plain.startsWith('[')) return jsonKind(plain);
  if (/^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-|sk-)/.test(plain)) return 'ssh_public_key';
  if (plain.startsWith('---- BEGIN SSH2 PUBLIC')) return 'ssh_public_key';
  if (plain.startsWith('PuTTY-User-Key-File')) return 'ssh_private_key';
  return pemKind(plain);
}

function jsonKind(text: string): FileKind {
  const value = parsed(text);
  if (value === null) return 'json';
  if (isRecord(value.installed) || isRecord(value.web)) return 'google_oauth_client';
  if (typeof value.kty === 'string') return 'json_web_key';
  if (Array.isArray(value.keys)) return 'json_web_key_set';
  if (isRecord(value.project_info) || ('apiKey' in value && 'authDomain' in value)) return 'firebase_config';
  switch (value.type) {
    case 'service_account':
      return 'google_service_account';
    case 'authorized_user':
      return 'google_authorized_user';
    case 'external_account':
    case 'external_account_authorized_user':
    case 'impersonated_service_account':
      return 'google_external_account';
    default:
      return 'json';
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LABELS: Record<string, FileKind> = {
  'PRIVATE KEY': 'private_key',
  'RSA PRIVATE KEY': 'private_key',
  'EC PRIVATE KEY': 'private_key',
  'ENCRYPTED PRIVATE KEY': 'encrypted_private_key',
  CERTIFICATE: 'certificate',
  'X509 CERTIFICATE': 'certificate',
  'TRUSTED CERTIFICATE': 'certificate',
  'CERTIFICATE REQUEST': 'certificate_request',
  'NEW CERTIFICATE REQUEST': 'certificate_request',
  PKCS12: 'pkcs12',
  PKCS7: 'pkcs7',
  CMS: 'pkcs7',
  'JAVA KEYSTORE': 'java_keystore',
  'PUBLIC KEY': 'public_key',
  'RSA PUBLIC KEY': 'public_key',
  'OPENSSH PRIVATE KEY': 'ssh_private_key',
  'SSH2 ENCRYPTED PRIVATE KEY': 'ssh_private_key',
  'EC PARAMETERS': 'key_parameters',
  'DH PARAMETERS': 'key_parameters',
};

/** What a block of this label is. */
export function kindOfLabel(label: string): FileKind {
  if (label.startsWith('PGP ')) return 'pgp_key';
  return Object.hasOwn(LABELS, label) ? (LABELS[label] ?? 'text') : 'text';
}

/** The part that counts: parameters stand in front of some keys. */
function pemKind(text: string): FileKind {
  const outcome = readPem(text);
  if (outcome.kind === 'none') return 'text';
  if (outcome.kind === 'damaged') return kindOfLabel(outcome.label);
  const kinds = outcome.blocks.map((block) =>
    block.headers.some((line) => line.includes('ENCRYPTED'))
      ? 'encrypted_private_key'
      : kindOfLabel(block.label),
  );
  return kinds.find((kind) => kind !== 'key_parameters') ?? kinds[0] ?? 'text';
}
