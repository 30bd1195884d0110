import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it came in. `host`: what the caller thinks it speaks to. */
export interface Incoming {
  method: string;
  host: string;
  /** With the query, exactly as it was sent. */
  target: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

export interface Expected {
  service: string;
  region: string;
  nowMs: number;
  /** By access key id: the secret key, and the session token of temporary ones. */
  keys: Readonly<Record<string, { secret: string; token?: string; isExpired?: boolean }>>;
}

/** The code AWS answers with, or whose key it is. */
export type Verified = { kind: 'good'; keyId: string } | { kind: 'refused'; code: string; message: string };

const SKEW_MS: Record<string, number> = { s3: 15 * 60_000 };

/**
 * Verifies Signature V4 from the documented steps alone, without any library that signs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verify(request: Incoming, expected: Expected): Verified {
  const { headers } = request;
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (found === null) return refused('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const [, keyId = '', day = '', region = '', service = '', list = '', signature = ''] = found;
  const known = Object.hasOwn(expected.keys, keyId) ? expected.keys[keyId] : undefined;
  const isS3 = expected.service === 's3';
  if (known === undefined)
    return isS3
      ? refused('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
      : refused('InvalidClientTokenId', 'The security token included in the request is invalid.');
  const at = headers['x-amz-date'] ?? '';
  const late = Math.abs(expected.nowMs - timeOf(at));
  if (!(late <= (SKEW_MS[service] ?? 5 * 60_000)))
    return isS3
      ? refused(
          'RequestTimeTooSkewed',
          'The difference between the request time and the current time is too large.',
        )
      : refused('SignatureDoesNotMatch', `Signature expired: ${at} is now earlier than the allowed time.`);
  if (region !== expected.region || service !== expected.service || !at.startsWith(day))
    return isS3
      ? refused(
          'AuthorizationHeaderMalformed',
          `The region '${region}' is wrong; expecting '${expected.region}'`,
        )
      : refused('SignatureDoesNotMatch', `Credential should be scoped to a valid region.`);
  const names = list.split(';');
  const mustBeSigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  if (![...mustBeSigned, 'host'].every((name) => names.includes(name)))
    return refused(
      'SignatureDoesNotMatch',
      'There were headers present in the request which were not signed.',
    );
  const payload = payloadHash(request, isS3);
  if (payload === null)
    return refused(
      'XAmzContentSHA256Mismatch',
      'The provided x-amz-content-sha256 header does not match what was computed.',
    );
  const canonical = canonicalRequest(request, names, payload, isS3);
  const text = ['AWS4-HMAC-SHA256', at, `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join(
    '\n',
  );
  const own = hmac(signingKey(known.secret, day, region, service), text);
  if (!timingSafeEqual(own, Buffer.from(signature, 'hex')))
    return refused(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  if (known.token !== headers['x-amz-security-token'])
    return refused(
      isS3 ? 'InvalidToken' : 'InvalidClientTokenId',
      'The provided token is malformed or otherwise invalid.',
    );
  if (known.isExpired)
    return refused('ExpiredToken', 'The security token included in the request is expired');
  return { kind: 'good', keyId };
}

function refused(code: string, message: string): Verified {
  return { kind: 'refused', code, message };
}

function timeOf(at: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Null: the body is not the one that was signed for. */
function payloadHash({ headers, body }: Incoming, isS3: boolean): string | null {
  const said = headers['x-amz-content-sha256'];
  const own = sha256(body);
  if (said === undefined) return isS3 ? null : own;
  return said === own || (isS3 && said === 'UNSIGNED-PAYLOAD') ? said : null;
}

function canonicalRequest(
  request: Incoming,
  names: readonly string[],
  payload: string,
  isS3: boolean,
): string {
  const [path = '/', query = ''] = request.target.split('?', 2);
  // As the service does: what came is decoded, and encoded in the one way it knows; all but S3 do so once more.
  const once = path.split('/').map((part) => encode(decode(part)));
  const uri = (isS3 ? once : once.map(encode)).join('/');
  const headers = names.map((name) => {
    const value = name === 'host' ? request.host : (request.headers[name] ?? '');
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`;
  });
  return [request.method, uri, canonicalQuery(query), headers.join(''), names.join(';'), payload].join('\n');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...rest] = pair.split('=');
      return [encode(decode(name)), encode(decode(rest.join('=')))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Every byte but A-Z a-z 0-9 - . _ ~ */
function encode(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function decode(text: string): string {
  return decodeURIComponent(text);
}

function signingKey(secret: string, day: string, region: string, service: string): Buffer {
  return [day, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secret}`, 'utf8'));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
