import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../test/growth.ts';
import { AppError } from './app-error.ts';
import { createLog } from './log.ts';
import { redactText } from './redact.ts';
import { Secret } from './secret.ts';

const planted = {
  token: 'kr_sfd4aysswg5876eh364mhay191ea659f12ke77x',
  apiKey: 'sk_live_planted0001planted0001',
  password: 'planted-pa55word-0001',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ',
  opaque: 'q8Zr3vN1mX7cT5bK9wL2yH4jF6dS0aPqR8tU3eWoI1',
  pem: '-----BEGIN PRIVATE KEY-----\nMIIEplanted0001\n-----END PRIVATE KEY-----',
};

function logged(write: (log: ReturnType<typeof createLog>['log']) => void): string {
  let text = '';
  const { log } = createLog({
    level: 'debug',
    destination: {
      write: (line: string) => {
        text += line;
      },
    },
  });
  write(log);
  return text;
}

function expectNothingPlanted(text: string): void {
  expect(text).not.toBe('');
  for (const secret of Object.values(planted)) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
  }
  expect(text).not.toContain('planted');
}

test('a text made to keep the redaction busy takes time in step with its length', () => {
  for (const part of ['A', '/', '?', 'O-', 'key', '://', 'a/?', 'Bearer ', 'sk_']) {
    const redactMany = (length: number) => {
      for (let times = 0; times < 20; times += 1) redactText(part.repeat(length).slice(0, length));
    };
    // What is longer than four thousand signs is cut.
    expect(growthByTen(redactMany, 400), part).toBeLessThan(LINEAR);
  }
});

describe('the log', () => {
  test.each<[string, object]>([
    ['a Secret', { anything: new Secret(planted.password) }],
    ['headers', { headers: { authorization: `Bearer ${planted.opaque}`, 'x-api-key': planted.apiKey } }],
    ['a header by itself', { Authorization: planted.opaque, 'Set-Cookie': `keyrail=${planted.opaque}` }],
    [
      'names for secrets, however written',
      {
        api_key: planted.password,
        clientSecret: planted.password,
        'Private-Key': planted.pem,
        refresh_token: planted.password,
      },
    ],
    ['a body', { body: { email: 'planted' }, credentials: { user: 'planted' } }],
    ['depth', { a: { b: { c: [{ password: planted.password }] } } }],
    ['a URL with a query', { url: `https://api.example.com/v1/x?api_key=${planted.password}&q=1` }],
    ['a path with a query', { path: `/v1/setup?code=${planted.opaque}` }],
    ['a URL object', { url: new URL(`https://user:${planted.password}@example.com/?x=${planted.opaque}`) }],
    ['a database address', { database: `postgres://keyrail:${planted.password}@db.example.com/keyrail` }],
    ['our own tokens in a sentence', { note: `sent ${planted.token} along` }],
    ['a bearer in a sentence', { note: `Authorization: Bearer ${planted.password}` }],
    ['known forms', { a: planted.apiKey, b: planted.jwt, c: planted.pem, d: planted.opaque }],
    ['bytes', { raw: Buffer.from(planted.password) }],
    ['a map', { all: new Map([['k', planted.password]]) }],
  ])('does not hold what stands in %s', (_where, fields) => {
    expectNothingPlanted(logged((log) => log.info(fields, 'something happened')));
    expectNothingPlanted(logged((log) => log.child(fields).warn({}, 'something happened')));
  });

  test('does not hold what stands in its own sentence', () => {
    expectNothingPlanted(logged((log) => log.info({}, `asked https://x.test/?key=${planted.password}`)));
  });

  test.each<[string, () => unknown]>([
    ['JSON.parse', () => JSON.parse(`{"password": ${planted.password}`)],
    ['JSON.parse of a bare word', () => JSON.parse(planted.password)],
    ['a URL', () => new URL(`planted ${planted.password}`)],
    [
      'a wrapped one',
      () => {
        throw new Error('outer', { cause: new Error(`bad value "${planted.password}"`) });
      },
    ],
    [
      'our own',
      () => {
        throw new AppError('internal', { cause: new SyntaxError(planted.password) });
      },
    ],
    [
      'the database',
      () => {
        throw Object.assign(new Error('invalid input syntax for type json'), {
          code: '22P02',
          detail: `Token "${planted.password}" is invalid.`,
          where: planted.password,
          parameters: [planted.password],
        });
      },
    ],
    [
      'somebody who quotes',
      () => {
        throw new TypeError(`Invalid header value: '${planted.password}'`);
      },
    ],
  ])('tells of an error of %s where it happened, and not what it failed on', (_what, fail) => {
    const text = logged((log) => {
      try {
        fail();
      } catch (err) {
        log.error({ err }, 'failed');
      }
    });
    expectNothingPlanted(text);
    expect(JSON.parse(text).err.stack).toMatch(/log\.test\.ts/);
  });

  test('keeps what helps at night: ids, codes, routes, sentences', () => {
    const fields = {
      request_id: 'req_01m7xqekqqf4ns1sx2gz2h4wjm',
      route: '/v1/tables/:id',
      code: 'connection_broken',
      status: 409,
      token_id: 'tok_01m7xqekqqf4ns1sx2gz2h4wjm',
    };
    const text = logged((log) => log.info(fields, 'a request failed'));
    expect(JSON.parse(text)).toMatchObject({ ...fields, level: 'info', msg: 'a request failed' });
    const refused = logged((log) =>
      log.error(
        { err: Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' }) },
        'x',
      ),
    );
    expect(JSON.parse(refused).err).toMatchObject({
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED 127.0.0.1:5432',
    });
  });
});

describe('a log whose reader', () => {
  const program = `
    import { createLog } from '${fileURLToPath(new URL('log.ts', import.meta.url))}';
    const output = createLog({ level: 'info' });
    process.on('message', (count) => {
      for (let i = 0; i < count; i += 1) output.log.info({ filler: 'x '.repeat(500) }, 'line');
      setTimeout(() => process.send({ dropped: output.droppedLines(), rss: process.memoryUsage().rss }), 200);
    });
    process.send('ready');`;
  const start = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return child;
  };

  test('is gone costs lines, which are counted, and nothing else', async () => {
    const child = await start();
    child.stdout?.destroy();
    for (let round = 0; round < 3; round += 1) {
      child.send(100);
      const [answer] = await once(child, 'message');
      if (round > 0) expect(answer.dropped).toBeGreaterThan(0);
    }
    child.disconnect();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  test('does not read any more does not stop the program, nor fill its memory', async () => {
    const child = await start();
    child.send(50_000);
    const [answer] = await once(child, 'message');
    expect(answer.dropped).toBeGreaterThan(1000);
    expect(answer.rss).toBeLessThan(300_000_000);
    child.kill('SIGKILL');
  });
});
