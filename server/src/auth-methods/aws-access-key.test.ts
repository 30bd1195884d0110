import aws4 from 'aws4';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_KEYS } from '../../../sandbox/aws/serve.ts';
import { type Expected, type Incoming, verify } from '../../../sandbox/aws/verify.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../../sandbox/start.ts';
import { type AwsAccessKeyMethod, authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import { literalCredential } from '../outbound/credential-source.ts';
import type { RunningOutbound } from '../outbound/outbound.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import { testOutbound } from '../outbound/under-test.ts';
import { authenticator } from './apply.ts';

const ID = 'AKIASANDBOXGOOD00001';
const { secret: SECRET } = AWS_KEYS[ID];
const NOW = new Date('2026-11-21T12:00:00Z');

function methodFor(service: string, more: object = {}): AwsAccessKeyMethod {
  return authMethodSchema.parse({
    type: 'service_account',
    kind: 'aws_access_key',
    signing: { service, region: '{region}', ...more },
    fields: [{ name: 'access_key_id', label: 'ID' }],
  }) as AwsAccessKeyMethod;
}
const sts = methodFor('sts');
const s3 = methodFor('s3', { payload: 'unsigned', escape_path: 'once' });

const entered = (more: Record<string, string> = {}) =>
  new Secret({ access_key_id: ID, secret_access_key: SECRET, region: 'us-east-1', ...more });

async function signed(
  method: AwsAccessKeyMethod,
  request: OutboundRequest,
  fields = entered(),
): Promise<OutboundRequest> {
  return await authenticator(method, fields).apply(request, NOW);
}

const asked = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'GET',
  url,
  headers: { accept: '*/*', 'user-agent': 'Keyrail' },
  ...more,
});

/** The request as it arrives, with the host that HTTP adds. */
function arrived(request: OutboundRequest): Incoming {
  const url = new URL(request.url);
  const { body = '' } = request;
  return {
    method: request.method,
    host: url.host,
    target: request.url.slice(url.origin.length),
    headers: { ...request.headers, host: url.host },
    body: Buffer.from(body),
  };
}

function expected(service: string, more: Partial<Expected> = {}): Expected {
  return { service, region: 'us-east-1', nowMs: NOW.getTime(), keys: AWS_KEYS, ...more };
}

describe('a signature', () => {
  it.each<[string, string, OutboundRequest]>([
    [
      'a plain GET',
      'sts',
      asked('https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15'),
    ],
    [
      'parameters out of order, with spaces and doubles',
      'sts',
      asked('https://sts.us-east-1.amazonaws.com/?b=2&a=x%20y&a=1&c='),
    ],
    [
      'a form',
      'sts',
      asked('https://sts.us-east-1.amazonaws.com/', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      }),
    ],
    [
      'JSON with a target',
      'dynamodb',
      asked('https://dynamodb.us-east-1.amazonaws.com/', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'DynamoDB_20120810.ListTables',
        },
        body: '{"Limit":1,"größe":"ü"}',
      }),
    ],
    [
      'a path with letters that are encoded',
      'execute-api',
      asked('https://abc.execute-api.us-east-1.amazonaws.com/prod/a%20b/%C3%BC'),
    ],
  ])('of %s is the one that another implementation makes', async (_, service, request) => {
    const ours = await signed(methodFor(service), request);
    const url = new URL(ours.url);
    const { body } = request;
    const toSign = {
      service,
      region: 'us-east-1',
      host: url.host,
      method: request.method,
      path: ours.url.slice(url.origin.length),
      headers: Object.fromEntries(
        Object.entries(ours.headers).filter(([name]) => name.startsWith('x-amz-') || name === 'content-type'),
      ),
      extraHeadersToIgnore: { 'content-length': true },
      ...(typeof body === 'string' ? { body } : {}),
    };
    const theirs = aws4.sign(toSign, { accessKeyId: ID, secretAccessKey: SECRET }).headers?.Authorization;
    const signature = (text: unknown) => /Signature=(\w+)/.exec(String(text))?.[1];
    const names = (text: unknown) => /SignedHeaders=([^,]+)/.exec(String(text))?.[1];
    expect(names(theirs)).toBe(names(ours.headers.authorization));
    expect(signature(theirs)).toBe(signature(ours.headers.authorization));
  });

  it('of any address and body is accepted by a server that verifies it from the documented steps', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.toWellFormed());
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 4 }),
        fc.array(fc.tuple(text, text), { maxLength: 4 }),
        text,
        fc.constantFrom('sts', 's3'),
        async (segments, pairs, body, service) => {
          const path = segments
            .filter((one) => !/^\.{0,2}$/.test(one))
            .map(encodeURIComponent)
            .join('/');
          const query = pairs.map(
            ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
          );
          const url = `https://${service}.us-east-1.amazonaws.com/${path}?${query.join('&')}`;
          const request = await signed(service === 's3' ? s3 : sts, asked(url, { method: 'PUT', body }));
          expect(verify(arrived(request), expected(service))).toEqual({ kind: 'good', keyId: ID });
          expect(new URL(request.url).host).toBe(new URL(url).host);
        },
      ),
      {
        // What an object cannot hold, holds from birth, or what a signer takes for its own.
        examples: [
          [[], [['__proto__', 'text']], '', 'sts'],
          [[], [['constructor', 'text']], '', 'sts'],
          [[], [['X-Amz-Signature', 'text']], '', 's3'],
        ],
      },
    );
  });

  it('fits one request only: another method, path, parameter, host, body or signed header is refused', async () => {
    const request = await signed(
      sts,
      asked('https://sts.us-east-1.amazonaws.com/a?b=1', {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'x-amz-target': 'one' },
        body: 'text',
      }),
    );
    const good = arrived(request);
    expect(verify(good, expected('sts')).kind).toBe('good');
    const changes: Partial<Incoming>[] = [
      { method: 'PUT' },
      { target: '/b?b=1' },
      { target: '/a?b=2' },
      { target: '/a?b=1&c=2' },
      { host: 'sts.eu-central-1.amazonaws.com' },
      { body: Buffer.from('other') },
      { headers: { ...good.headers, 'content-type': 'text/html' } },
      { headers: { ...good.headers, 'x-amz-target': 'two' } },
      { headers: { ...good.headers, 'x-amz-added': 'later' } },
    ];
    for (const change of changes)
      expect(verify({ ...good, ...change }, expected('sts')).kind).toBe('refused');
  });

  it('is for its time, its region, its service and its key', async () => {
    const good = arrived(await signed(sts, asked('https://sts.us-east-1.amazonaws.com/')));
    const refused = (more: Partial<Expected>, service = 'sts') => verify(good, expected(service, more)).kind;
    expect(refused({ nowMs: NOW.getTime() + 301_000 })).toBe('refused');
    expect(refused({ region: 'eu-central-1' })).toBe('refused');
    expect(refused({}, 's3')).toBe('refused');
    expect(refused({ keys: { [ID]: { secret: `${SECRET}x` } } })).toBe('refused');
  });

  it('of temporary keys carries their session token, and signs it', async () => {
    const id = 'ASIASANDBOXTEMP00001';
    const { secret, token } = AWS_KEYS[id];
    const fields = entered({ access_key_id: id, secret_access_key: secret, session_token: token });
    const good = arrived(await signed(sts, asked('https://sts.us-east-1.amazonaws.com/'), fields));
    expect(good.headers['x-amz-security-token']).toBe(token);
    expect(verify(good, expected('sts'))).toEqual({ kind: 'good', keyId: id });
    const without = { ...good, headers: { ...good.headers, 'x-amz-security-token': undefined } };
    expect(verify(without, expected('sts')).kind).toBe('refused');
  });

  it('takes nothing from a caller who brings a signature, a date or a token of his own', async () => {
    const theirs = {
      authorization: 'AWS4-HMAC-SHA256 Credential=mine',
      'X-Amz-Date': '20200101T000000Z',
      'x-amz-security-token': 'mine',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      Date: 'Wed, 01 Jan 2020 00:00:00 GMT',
    };
    const request = await signed(sts, asked('https://sts.us-east-1.amazonaws.com/', { headers: theirs }));
    expect(JSON.stringify(request)).not.toContain('mine');
    expect(JSON.stringify(request)).not.toContain('2020');
    expect(verify(arrived(request), expected('sts')).kind).toBe('good');
  });

  it('made twice is as once', async () => {
    const once = await signed(s3, asked('https://s3.us-east-1.amazonaws.com/b?list-type=2&prefix=a b'));
    expect(await signed(s3, once)).toEqual(once);
  });

  it('gives away nothing of the secret key', async () => {
    const request = await signed(sts, asked('https://sts.us-east-1.amazonaws.com/'));
    expect(JSON.stringify(request)).not.toContain(SECRET);
    const secrets = authenticator(sts, entered()).secrets.map((one) => one.reveal());
    expect(secrets).toContain(SECRET);
  });
});

describe('through the engine', () => {
  let sandbox: Sandbox;
  let outbound: RunningOutbound;
  beforeAll(async () => {
    sandbox = await startSandbox();
    const { allowedPrivateHosts } = sandboxUpstreams(sandbox);
    outbound = testOutbound({
      allow: allowedPrivateHosts.split(','),
      upstreams: new Map(sandbox.upstreams.map((one) => [one.origin, one.target])),
    });
  });
  afterAll(async () => {
    await outbound.close();
    await sandbox.close();
  });

  const call = (method: AwsAccessKeyMethod, request: OutboundRequest, fields = entered()) =>
    outbound.call({
      request,
      allowedOrigins: [new URL(request.url).origin],
      credential: literalCredential({ version: 1, ...authenticator(method, fields) }),
      workspaceId: 'wsp_1',
      connectionId: null,
      consumer: 'test',
      maxAttempts: 1,
    });

  it('a signed request arrives as it was signed: the verifying server takes it', async () => {
    const form = asked('https://sts.us-east-1.amazonaws.com/', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    const outcome = await call(sts, form);
    expect(outcome.kind === 'answer' && [outcome.answer.status, outcome.answer.body.toString()]).toEqual([
      200,
      expect.stringContaining('arn:aws:iam::123456789012:user/good00001'),
    ]);
    const url =
      'https://s3.us-east-1.amazonaws.com/sandbox-invoices?list-type=2&prefix=2026/11/gr%C3%B6%C3%9Fe+%26';
    const listed = await call(s3, asked(url));
    expect(listed.kind === 'answer' && listed.answer.body.toString()).toContain('größe &amp; co.pdf');
  });

  it('a wrong secret key is refused', async () => {
    const outcome = await call(
      s3,
      asked('https://s3.us-east-1.amazonaws.com/'),
      entered({ secret_access_key: 'wrong' }),
    );
    expect(outcome.kind === 'answer' && [outcome.answer.status, outcome.answer.body.toString()]).toEqual([
      403,
      expect.stringContaining('SignatureDoesNotMatch'),
    ]);
  });
});
