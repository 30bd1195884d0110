import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply } from '../request.ts';
import { sendReply } from '../send.ts';
import { escaped, xml } from './answers.ts';
import { AWS_ACCOUNT } from './keys.ts';
import { ses } from './ses.ts';
import type { RoleSessions } from './sessions.ts';
import { sts } from './sts.ts';
import { type Verified, verify } from './verify.ts';

export { AWS_KEYS } from './keys.ts';

export const AWS_REGIONS = ['us-east-1', 'eu-central-1'] as const;

/** The addresses the stand-in answers for; one server has them all. */
export const AWS_ORIGINS = AWS_REGIONS.flatMap((region) => [
  `https://sts.${region}.amazonaws.com`,
  `https://s3.${region}.amazonaws.com`,
  `https://email.${region}.amazonaws.com`,
]);

interface Options {
  port: number;
  nowMs: () => number;
  /** Withdrawn key ids. */
  revoked: ReadonlySet<string>;
  sessions: RoleSessions;
  tokenSeconds: number | null;
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
  const [, name = '', region = ''] = /^(sts|s3|email)\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host) ?? [];
  const service = name === 'email' ? 'ses' : name;
  const method = incoming.method ?? 'GET';
  const target = incoming.url ?? '/';
  const body = Buffer.concat(chunks);
  const text = body.toString('utf8');
  const { sessions, tokenSeconds } = options;
  const nowMs = options.nowMs();
  const expected = { service, region, nowMs, keys: sessions.keys(options.revoked, nowMs) };
  const verified = verify({ method, host, target, headers, body }, expected);
  const isJson = (headers.accept ?? '').includes('application/json');
  const reply =
    service === 's3'
      ? s3(sessions, verified, method, target)
      : service === 'ses'
        ? ses(sessions, verified, method, target, text)
        : sts(sessions, verified, { body: text, isJson, nowMs, tokenSeconds });
  const isRole = service === 'sts' && /(^|&)Action=AssumeRole(&|$)/.test(text);
  options.onCall(
    verified.kind === 'good' ? verified.keyId : null,
    method,
    isRole ? '/AssumeRole' : new URL(target, 'http://x').pathname,
    reply.status,
  );
  outgoing.setHeader('date', new Date(nowMs).toUTCString());
  sendReply(outgoing, reply);
}

const BUCKETS = ['sandbox-invoices', 'sandbox-photos'];
const OBJECTS = ['2026/11/a b.pdf', '2026/11/größe & co.pdf', '2026/12/c.pdf'];

function s3(sessions: RoleSessions, verified: Verified, method: string, target: string): Reply {
  if (verified.kind === 'refused') {
    const status = verified.code === 'ExpiredToken' || verified.code === 'InvalidToken' ? 400 : 403;
    return s3Error(
      verified.code === 'AuthorizationHeaderMalformed' ? 400 : status,
      verified.code,
      verified.message,
    );
  }
  if (verified.keyId.includes('THROTTLE'))
    return s3Error(503, 'SlowDown', 'Please reduce your request rate.');
  if (verified.keyId.includes('LIMITED') || sessions.get(verified.keyId)?.role.endsWith('/limited'))
    return s3Error(403, 'AccessDenied', 'Access Denied');
  if (method !== 'GET')
    return s3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  const url = new URL(target, 'http://s3');
  if (url.pathname === '/') {
    const buckets = BUCKETS.map(
      (name) => `<Bucket><Name>${name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>`,
    );
    return xml(
      200,
      `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>sandbox-owner-${AWS_ACCOUNT}</ID></Owner><Buckets>${buckets.join('')}</Buckets></ListAllMyBucketsResult>`,
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
