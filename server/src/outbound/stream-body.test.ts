import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { until } from '../../test/until.ts';
import type { CredentialSource } from './credential-source.ts';
import {
  answering,
  keyed,
  posted,
  read,
  rotating,
  server,
  serving,
  stream,
  textOf,
  useServing,
} from './stream-under-test.ts';

useServing();

describe('a refusal', () => {
  const accepting = (request: IncomingMessage) => request.headers['x-api-key'] === 'fake-key-new-0002';

  test('is followed by one repetition with the newer key, and with the same body', async () => {
    const bodies: string[] = [];
    await serving(async (request, response) => {
      bodies.push(await read(request));
      response.writeHead(accepting(request) ? 200 : 401).end('said');
    });
    const refused: number[] = [];
    const outcome = await stream('/in', {
      ...posted(Readable.from([Buffer.from('small '), Buffer.from('body')])),
      credential: rotating(refused),
    });
    expect(outcome).toMatchObject({ kind: 'answer', answer: { status: 200 } });
    expect(bodies).toEqual(['small body', 'small body']);
    expect(refused).toEqual([1]);
  });

  test('that comes before the body was read is followed by all of it', async () => {
    const bodies: string[] = [];
    await serving(async (request, response) => {
      if (!accepting(request)) return void response.writeHead(401, { connection: 'close' }).end();
      bodies.push(await read(request));
      response.end('fine');
    });
    const source = new PassThrough();
    source.write('first ');
    const refused: number[] = [];
    const outcome = stream('/in', { ...posted(source), credential: rotating(refused) });
    // What is sent after the other side has closed the connection may cost its answer, too.
    await until(() => refused.length === 1);
    source.end('last');
    expect(await textOf(await outcome)).toBe('fine');
    expect(bodies).toEqual(['first last']);
  });

  test('of a body too large to be kept is handed through', async () => {
    await serving(async (request, response) => {
      await read(request);
      response.writeHead(accepting(request) ? 200 : 401).end('refused');
    });
    const outcome = await stream('/in', {
      ...posted(Readable.from([Buffer.alloc(800), Buffer.alloc(800)])),
      credential: rotating(),
    });
    expect(outcome).toMatchObject({ kind: 'answer', answer: { status: 401 } });
    expect(await textOf(outcome)).toBe('refused');
  });

  test('of the newest key is handed through, after one repetition at most', async () => {
    await serving(answering(401, 'no'));
    const outcome = await stream('/', { credential: rotating() });
    expect(outcome).toMatchObject({ kind: 'answer', answer: { status: 401 } });
    expect(server?.requests).toHaveLength(2);
  });
});

describe('a body that is signed', () => {
  const signing: CredentialSource = {
    current: async () => ({
      kind: 'credential',
      credential: {
        ...keyed('fake-key-old-0001', 1),
        signsBody: true,
        apply: (request) => ({
          ...request,
          headers: { ...request.headers, 'x-signed': String(request.body ?? 'nothing') },
        }),
      },
    }),
    refused: async () => null,
  };

  test('is read to its end before it is sent, and refused where it is larger than what is kept', async () => {
    const seen: unknown[] = [];
    await serving(async (request, response) => {
      seen.push([request.headers['x-signed'], await read(request)]);
      response.end();
    });
    const parts = () => Readable.from([Buffer.from('two '), Buffer.from('parts')]);
    expect(await stream('/in', { ...posted(parts()), credential: signing })).toMatchObject({
      kind: 'answer',
    });
    expect(seen).toEqual([['two parts', 'two parts']]);
    const large = posted(Readable.from([Buffer.alloc(800), Buffer.alloc(800)]));
    expect(await stream('/in', { ...large, credential: signing })).toEqual({
      kind: 'request_too_large',
      limitBytes: 1_000,
    });
    expect(seen).toHaveLength(1);
  });

  test('arrives with the credential in it, where that stands in the body, also where none was given', async () => {
    const inBody: CredentialSource = {
      current: async () => ({
        kind: 'credential',
        credential: {
          ...keyed('fake-key-old-0001', 1),
          signsBody: true,
          apply: (request) => ({ ...request, body: `${String(request.body ?? '')}&key=fake-key-old-0001` }),
        },
      }),
      refused: async () => null,
    };
    const seen: unknown[] = [];
    await serving(async (request, response) => {
      seen.push([await read(request), request.headers['content-length']]);
      response.end();
    });
    await stream('/in', { ...posted(Readable.from([Buffer.from('a=1')]), 3), credential: inBody });
    await stream('/in', { ...posted(Readable.from([])), body: null, credential: inBody });
    expect(seen).toEqual([
      ['a=1&key=fake-key-old-0001', '25'],
      ['&key=fake-key-old-0001', '22'],
    ]);
  });
});

describe('a request body', () => {
  test('arrives as it was sent: with its length where that is known, in chunks where not', async () => {
    const seen: unknown[] = [];
    await serving(async (request, response) => {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
      seen.push([(await read(request)).length, length, encoding]);
      response.end();
    });
    await stream('/in', posted(Readable.from([Buffer.alloc(5_000)]), 5_000));
    await stream('/in', posted(Readable.from([Buffer.alloc(5_000)])));
    expect(seen).toEqual([
      [5_000, '5000', undefined],
      [5_000, undefined, 'chunked'],
    ]);
  });

  test('larger than the limit ends the call', async () => {
    await serving(async (request, response) => {
      await read(request).catch(() => '');
      response.end();
    });
    const outcome = await stream(
      '/in',
      posted(Readable.from([Buffer.alloc(900), Buffer.alloc(900)]), null, 1_000),
    );
    expect(outcome).toMatchObject({ kind: 'request_too_large' });
  });

  test('that breaks off ends the call, and the other side sees no whole request', async () => {
    const ends: string[] = [];
    await serving((request, response) => {
      request.on('end', () => ends.push('whole')).on('error', () => {});
      request.resume();
      request.on('close', () => response.end());
    });
    const source = new PassThrough();
    source.write('half');
    const outcome = stream('/in', posted(source, 100));
    await once(source, 'resume');
    source.destroy();
    expect((await outcome).kind).not.toBe('answer');
    expect(ends).toEqual([]);
  });
});
