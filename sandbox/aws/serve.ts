import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply } from '../request.ts';
import { sendReply } from '../send.ts';
import { type Expected, type Verified, verify } from './verify.ts';

/** What a person enters; all of them obviously made up. The last letters of an ID say how the key behaves. */
export const AWS_KEYS = {
  AKIASANDBOXGOOD00001: { secret: 'sandboxSecretGood/0001+abcdefghijklmnopq' },
  AKIASANDBOXGOOD00002: { secret: 'sandboxSecretGood/0002+abcdefghijklmnopq' },
  AKIASANDBOXLIMITED01: { secret: 'sandboxSecretLimited/01+abcdefghijklmnop' },
  ASIASANDBOXTEMP00001: {
    secret: 'sandboxSecretTemp/0001+abcdefghijklmnopq',
    token: 'sandbox-session-token-0001',
  },
  ASIASANDBOXENDED0001: {
    secret: 'sandboxSecretEnded/001+abcdefghijklmnopq',
    token: 'sandbox-session-token-ended',
    isExpired: true,
  },
} as const;

export const AWS_REGIONS = ['us-east-1', 'eu-central-1'] as const;
const ACCOUNT = '123456789012';

/** The addresses the stand-in answers for; one server has them all. */
export const AWS_ORIGINS = AWS_REGIONS.flatMap((region) => [
  `https://sts.${region}.amazonaws.com`,
  `https://s3.${region}.amazonaws.com`,
]);

interface Options {
  port: number;
  nowMs: () => number;
  /** Withdrawn key ids. */
  revoked: ReadonlySet<string>;
  onCall(keyId: string | null, method: string, path: string, status: number): void;
}

/** STS and S3 as documented: every signature is verified, errors are XML unless JSON was asked for. */
export async function serveAws(options: Options): Promise<{ server: Server; port: number }> {
  const server = createServer((incoming, outgoing) => {
    handle(options, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function handle(options: Options, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : value,
    ]),
  );
  const host = headers['x-forwarded-host'] ?? headers.host ?? '';
  const [, service = '', region = ''] = /^(sts|s3)\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host) ?? [];
  const method = incoming.method ?? 'GET';
  const target = incoming.url ?? '/';
  const body = Buffer.concat(chunks);
  const keys: Expected['keys'] = Object.fromEntries(
    Object.entries(AWS_KEYS).filter(([id]) => !options.revoked.has(id)),
  );
  const expected = { service, region, nowMs: options.nowMs(), keys };
  const verified = verify({ method, host, target, headers, body }, expected);
  const isJson = (headers.accept ?? '').includes('application/json');
  const reply =
    service === 's3' ? s3(verified, method, target) : sts(verified, body.toString('utf8'), isJson);
  options.onCall(
    verified.kind === 'good' ? verified.keyId : null,
    method,
    new URL(target, 'http://x').pathname,
    reply.status,
  );
  sendReply(outgoing, reply);
}

function sts(verified: Verified, body: string, isJson: boolean): Reply {
  if (verified.kind === 'refused') {
    const { code, message } = verified;
    return isJson
      ? {
          status: 403,
          body: { Error: { Code: code, Message: message, Type: 'Sender' }, RequestId: 'sandbox' },
        }
      : xml(
          403,
          `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>sandbox</RequestId></ErrorResponse>`,
        );
  }
  const asked = new URLSearchParams(body);
  switch (asked.get('Action')) {
    case 'GetCallerIdentity': {
      const result = {
        Account: ACCOUNT,
        Arn: arnOf(verified.keyId),
        UserId: `AIDA${verified.keyId.slice(4)}`,
      };
      return json({
        GetCallerIdentityResponse: {
          GetCallerIdentityResult: result,
          ResponseMetadata: { RequestId: 'sandbox' },
        },
      });
    }
    case 'GetAccessKeyInfo':
      return json({ GetAccessKeyInfoResponse: { GetAccessKeyInfoResult: { Account: ACCOUNT } } });
    default:
      return {
        status: 400,
        body: { Error: { Code: 'InvalidAction', Message: 'Could not find operation.' } },
      };
  }
}

function arnOf(keyId: string): string {
  return `arn:aws:iam::${ACCOUNT}:user/${keyId.slice(11).toLowerCase()}`;
}

const BUCKETS = ['sandbox-invoices', 'sandbox-photos'];
const OBJECTS = ['2026/11/a b.pdf', '2026/11/größe & co.pdf', '2026/12/c.pdf'];

function s3(verified: Verified, method: string, target: string): Reply {
  if (verified.kind === 'refused') {
    const status = verified.code === 'ExpiredToken' || verified.code === 'InvalidToken' ? 400 : 403;
    return s3Error(
      verified.code === 'AuthorizationHeaderMalformed' ? 400 : status,
      verified.code,
      verified.message,
    );
  }
  if (verified.keyId.includes('LIMITED')) return s3Error(403, 'AccessDenied', 'Access Denied');
  if (method !== 'GET')
    return s3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  const url = new URL(target, 'http://s3');
  if (url.pathname === '/') {
    const buckets = BUCKETS.map(
      (name) => `<Bucket><Name>${name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>`,
    );
    return xml(
      200,
      `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>sandbox-owner-${ACCOUNT}</ID></Owner><Buckets>${buckets.join('')}</Buckets></ListAllMyBucketsResult>`,
    );
  }
  const bucket = decodeURIComponent(url.pathname.slice(1));
  if (!BUCKETS.includes(bucket)) return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  const prefix = url.searchParams.get('prefix') ?? '';
  const found = OBJECTS.filter((key) => key.startsWith(prefix)).slice(
    0,
    Number(url.searchParams.get('max-keys') ?? 1000),
  );
  const contents = found.map(
    (key) =>
      `<Contents><Key>${escaped(key)}</Key><LastModified>2026-11-01T10:00:00.000Z</LastModified><Size>${key.length}</Size></Contents>`,
  );
  return xml(
    200,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${found.length}</KeyCount>${contents.join('')}</ListBucketResult>`,
  );
}

function s3Error(status: number, code: string, message: string): Reply {
  return xml(
    status,
    `<Error><Code>${code}</Code><Message>${escaped(message)}</Message><RequestId>sandbox</RequestId></Error>`,
  );
}

function json(body: unknown): Reply {
  return { status: 200, body };
}

function xml(status: number, text: string): Reply {
  return {
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}`,
    headers: { 'content-type': 'application/xml' },
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
}
