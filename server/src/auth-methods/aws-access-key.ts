import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { SignatureV4 } from '@smithy/signature-v4';
import type { AwsAccessKeyMethod } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import type { Authenticator, CredentialFields } from './authenticator.ts';
import { fill } from './placement.ts';
import { sessionKeyFields } from './session-keys.ts';

/**
 * Signature V4: every request is signed with the time, its address, its body and the headers that name it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function awsAccessKey({ signing }: AwsAccessKeyMethod, fields: CredentialFields): Authenticator {
  const { access_token: token, ...entered } = fields.reveal();
  // With a role it is the role's own keys that sign; the ones that were entered only buy them.
  return awsSigner(
    signing,
    token === undefined ? fields : new Secret({ ...entered, ...sessionKeyFields(token) }),
  );
}

/** The same with the keys as they are. */
export function awsSigner(signing: Signing, fields: CredentialFields): Authenticator {
  const { secret_access_key: secretKey = '', session_token: sessionToken } = fields.reveal();
  let signer: Promise<SignatureV4> | null = null;
  return {
    apply: async (request, now) => {
      signer ??= openSigner(signing, fields);
      return signed(await signer, signing, request, now);
    },
    signsBody: signing.payload === 'hashed',
    secrets: [secretKey, sessionToken ?? '']
      .filter((value) => value !== '')
      .map((value) => new Secret(value)),
  };
}

type Signing = AwsAccessKeyMethod['signing'];
type Canonical = Parameters<SignatureV4['createCanonicalRequest']>;

/** Loaded with the first signature: most processes never make one. */
async function openSigner(signing: Signing, fields: CredentialFields): Promise<SignatureV4> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  /** Its own reading of a query leaves out what an object cannot hold (`__proto__`) and what looks like a signature. */
  class WholeQuery extends SignatureV4 {
    protected override createCanonicalRequest(...[request, headers, hash]: Canonical): string {
      const lines = super.createCanonicalRequest({ ...request, query: {} }, headers, hash).split('\n');
      return lines.with(2, String(request.query?.whole)).join('\n');
    }
  }
  const { access_key_id: id = '', secret_access_key: secret = '', session_token: token } = fields.reveal();
  return new WholeQuery({
    service: fill(signing.service, fields),
    region: fill(signing.region, fields),
    sha256: Sha256,
    uriEscapePath: signing.escapePath === 'twice',
    credentials: {
      accessKeyId: id,
      secretAccessKey: secret,
      ...(token ? { sessionToken: token } : {}),
    },
  });
}

async function signed(
  signer: SignatureV4,
  signing: Signing,
  request: OutboundRequest,
  now: Date,
): Promise<OutboundRequest> {
  const url = new URL(request.url);
  const path = canonicalPath(url.pathname);
  const query = canonicalQuery(url.search);
  const { named, others } = split(request.headers);
  // A body that is not here is either none or one that is streamed: both may go unsigned where the service allows it.
  const isUnsigned = signing.payload === 'unsigned' && request.body === undefined;
  if (isUnsigned) named['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
  const result = await signer.sign(
    {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path,
      query: { whole: query },
      headers: { ...named, host: url.host },
      body: request.body,
    },
    { signingDate: now },
  );
  const { host: _, ...headers } = result.headers;
  const address = `${url.origin}${path}${query === '' ? '' : `?${query}`}`;
  return { ...request, url: address, headers: { ...others, ...headers } };
}

/** What a caller may have put there himself, in the hope that it gets signed. */
const OURS = new Set(['authorization', 'date', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256']);

/**
 * Signed is what says what the request is. The rest (accept, user-agent) changes no meaning, and what stands between us and
 * the service may rewrite it.
 */
function split(headers: Readonly<Record<string, string>>) {
  const named: Record<string, string> = Object.create(null);
  const others: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (OURS.has(name.toLowerCase())) continue;
    const isNamed = name.toLowerCase() === 'content-type' || name.toLowerCase().startsWith('x-amz-');
    (isNamed ? named : others)[name.toLowerCase()] = value;
  }
  return { named, others };
}

/** Each segment encoded as the service will encode it again for comparing: all but A-Z a-z 0-9 - . _ ~ */
function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => escaped(decoded(segment)))
    .join('/');
}

/** Sent in the same form and order as it is signed. A plus is a space, as in every form. */
function canonicalQuery(search: string): string {
  return search
    .replace(/^\?/, '')
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...rest] = pair.split('=');
      return [name, rest.join('=')].map((text) => escaped(decoded(text.replaceAll('+', ' '))));
    })
    .sort(([a = '', x = ''], [b = '', y = '']) => inOrder(a, b) || inOrder(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986 §2.3 */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, with a key HMAC-SHA-256, in the form the signer wants. */
class Sha256 {
  readonly #secret: Data | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Data) {
    this.#secret = secret;
    this.#hash = open(secret);
  }

  update(data: Data): void {
    this.#hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = open(this.#secret);
  }
}

function open(secret: Data | undefined): Hash | Hmac {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
}

function bytes(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
