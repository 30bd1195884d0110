import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningOutbound } from './outbound.ts';
import { systemResolve } from './resolve.ts';
import { httpServer, TEST_KEY, type TestServer, testCall, testOutbound } from './under-test.ts';

let sink4: TestServer;
let sink6: TestServer;
let outbound: RunningOutbound | undefined;
beforeAll(async () => {
  sink4 = await httpServer((_, response) => response.end('sink'));
  sink6 = await httpServer((_, response) => response.end('sink'), '::1');
});
afterAll(async () => {
  await Promise.all([sink4.close(), sink6.close()]);
});
beforeEach(() => {
  outbound = undefined;
});
afterEach(async () => {
  await outbound?.close();
  expect([sink4.connections(), sink6.connections()]).toEqual([0, 0]);
});

/** Spellings of the two sinks: what a literal, a DNS answer or a redirect may say. */
const literals = () => [
  `127.0.0.1:${sink4.port}`,
  `127.1:${sink4.port}`,
  `2130706433:${sink4.port}`,
  `0x7f000001:${sink4.port}`,
  `0177.0.0.1:${sink4.port}`,
  `0:${sink4.port}`,
  `0.0.0.0:${sink4.port}`,
  `[::ffff:127.0.0.1]:${sink4.port}`,
  `[::ffff:7f00:1]:${sink4.port}`,
  `localhost:${sink4.port}`,
  `localhost.:${sink4.port}`,
  `[::1]:${sink6.port}`,
  `[::]:${sink6.port}`,
  `[0:0:0:0:0:0:0:1]:${sink6.port}`,
];

describe('a call to a forbidden address', () => {
  it('written as a literal makes no connection', async () => {
    outbound = testOutbound();
    for (const host of literals()) {
      const outcome = await outbound.call(testCall(`http://${host}/`));
      expect(outcome, host).toEqual({ kind: 'egress_denied', reason: 'address' });
      expect(await outbound.check(`http://${host}/`), host).toEqual({ kind: 'denied', reason: 'address' });
    }
  });

  it.each([
    [['127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['2606:4700::1111', '64:ff9b::7f00:1']],
    [['169.254.169.254']],
    [['not an address']],
    [[...Array.from({ length: 4_095 }, () => '8.8.8.8'), '10.0.0.1']],
  ])('that DNS answers makes no connection, nor do the other answers', async (answers) => {
    outbound = testOutbound({ resolve: async () => answers });
    const outcome = await outbound.call(testCall(`http://evil.test:${sink4.port}/`));
    expect(outcome).toEqual({ kind: 'egress_denied', reason: 'address' });
    expect(await outbound.check('https://evil.test/')).toEqual({ kind: 'denied', reason: 'address' });
  });

  it('that a name turns to after it was checked is refused at every connection', async () => {
    const fine = await httpServer((_, response) => {
      response.setHeader('connection', 'close');
      response.end('fine');
    }, '127.0.0.2');
    let looked = 0;
    outbound = testOutbound({
      allow: [`127.0.0.2:${fine.port}`],
      resolve: async () => {
        looked += 1;
        return looked % 2 === 1 ? ['127.0.0.2'] : ['127.0.0.1'];
      },
    });
    const kinds = new Set<string>();
    for (let count = 0; count < 200; count += 1) {
      kinds.add((await outbound.call(testCall(`http://rebind.test:${fine.port}/`))).kind);
    }
    expect(kinds).toEqual(new Set(['answer', 'egress_denied']));
    expect(fine.connections()).toBe(100);
    await fine.close();
  });

  it('that a third party redirects to is not followed, and the answer says where it pointed', async () => {
    const targets = [...literals().map((host) => `http://${host}/`), 'http://169.254.169.254/'];
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await httpServer((request, response) => {
        response.writeHead(status, { location: targets[Number(request.url?.slice(1))] ?? '' }).end();
      });
      outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
      for (const [index, target] of targets.entries()) {
        const outcome = await outbound.call(testCall(`${server.origin}/${index}`));
        expect(outcome).toMatchObject({ kind: 'redirect', location: target });
      }
      expect(server.requests).toHaveLength(targets.length);
      await outbound.close();
      await server.close();
    }
  });

  it('is answered in the same words, open or closed, without being connected to', async () => {
    outbound = testOutbound({ resolve: async () => ['127.0.0.1'] });
    const answers = new Set<string>();
    for (const url of [
      `http://127.0.0.1:${sink4.port}/`,
      'http://127.0.0.1:9/',
      'http://127.0.0.1:4/',
      'http://10.0.0.1/',
      `http://name.test:${sink4.port}/`,
    ]) {
      const outcome = await outbound.call(testCall(url.replace(':9/', ':1999/').replace(':4/', ':2999/')));
      answers.add(JSON.stringify(outcome));
    }
    expect(answers.size).toBe(1);
    expect(sink4.connections()).toBe(0);
  });

  it('is not reached through a proxy the environment names', async () => {
    const proxy = await httpServer((_, response) => response.end('proxied'));
    process.env.HTTP_PROXY = proxy.origin;
    process.env.http_proxy = proxy.origin;
    outbound = testOutbound({ resolve: async () => ['127.0.0.1'] });
    const outcome = await outbound.call(testCall(`http://name.test:${sink4.port}/`));
    delete process.env.HTTP_PROXY;
    delete process.env.http_proxy;
    expect(outcome.kind).toBe('egress_denied');
    expect(proxy.connections()).toBe(0);
    await proxy.close();
  });
});

describe('a credential', () => {
  it('does not follow a redirect to another host, in any of the places it can be', async () => {
    const other = await httpServer((_, response) => response.end());
    const api = await httpServer((_, response) => {
      response.writeHead(302, { location: `${other.origin}/next` }).end();
    });
    outbound = testOutbound({ allow: [`127.0.0.1:${api.port}`, `127.0.0.1:${other.port}`] });
    const call = testCall(`${api.origin}/x?api_key=${TEST_KEY}`);
    call.request.headers = { authorization: `Bearer ${TEST_KEY}`, cookie: `k=${TEST_KEY}` };
    expect((await outbound.call(call)).kind).toBe('redirect');
    expect(other.connections()).toBe(0);
    await Promise.all([api.close(), other.close()]);
  });

  it('goes to the hosts of its integration alone', async () => {
    const server = await httpServer((_, response) => response.end());
    outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
    let asked = 0;
    const call = testCall(`${server.origin}/`, {
      allowedOrigins: ['https://api.example.com'],
      credential: {
        current: async () => {
          asked += 1;
          return { kind: 'unavailable', because: 'missing' };
        },
        refused: async () => null,
      },
    });
    expect(await outbound.call(call)).toEqual({ kind: 'egress_denied', reason: 'host' });
    expect(asked, 'opened a credential that may not be sent').toBe(0);
    const turned = testCall(`${server.origin}/`, {
      credential: {
        current: async () => ({
          kind: 'credential',
          credential: {
            version: 1,
            apply: (request) => ({ ...request, url: 'https://elsewhere.example.com/' }),
            secrets: [],
          },
        }),
        refused: async () => null,
      },
    });
    expect(await outbound.call(turned)).toEqual({ kind: 'egress_denied', reason: 'host' });
    expect(server.connections()).toBe(0);
    await server.close();
  });
});

describe('an upstream the operator set', () => {
  it('takes the calls to an origin, is told which one was meant, and must itself be allowed', async () => {
    const standIn = await httpServer((_, response) => response.end('stand-in'));
    const upstreams = new Map([['https://api.example.com', standIn.origin]]);
    const refused = testOutbound({ upstreams });
    expect((await refused.call(testCall('https://api.example.com/v2/account'))).kind).toBe('egress_denied');
    await refused.close();
    expect(standIn.connections()).toBe(0);

    outbound = testOutbound({ upstreams, allow: [`127.0.0.1:${standIn.port}`] });
    const outcome = await outbound.call(testCall('https://api.example.com/v2/account?a=b'));
    expect(outcome).toMatchObject({ kind: 'answer', answer: { request: { host: 'api.example.com' } } });
    expect(standIn.requests).toEqual(['GET /v2/account?a=b']);
    expect(standIn.headers[0]).toMatchObject({
      'x-forwarded-host': 'api.example.com',
      host: `127.0.0.1:${standIn.port}`,
    });
    // Meant for the origin alone: naming the stand-in directly is another host.
    const direct = testCall(`${standIn.origin}/`, { allowedOrigins: ['https://api.example.com'] });
    expect((await outbound.call(direct)).kind).toBe('egress_denied');
    await standIn.close();
  });
});

describe('a name', () => {
  it('that does not exist, fails or has no answer is unreachable by DNS within its time', async () => {
    const dns = createSocket('udp4');
    dns.on('message', (query, from) => {
      const name = query.subarray(12).toString('latin1');
      if (name.includes('silent')) return;
      const reply = Buffer.from(query);
      reply.writeUInt16BE(name.includes('fail') ? 0x8182 : 0x8183, 2);
      dns.send(reply, from.port, from.address);
    });
    await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve));
    const servers = [`127.0.0.1:${dns.address().port}`];
    outbound = testOutbound({ resolve: systemResolve({ timeoutMs: 1_000, servers }) });
    for (const name of ['servfail-example.test', 'silent.test', 'gone.invalid']) {
      const outcome = await outbound.call(testCall(`https://${name}/`));
      expect(outcome, name).toMatchObject({ kind: 'unreachable', cause: 'dns', mayHaveHappened: false });
      expect(await outbound.check(`https://${name}/`)).toEqual({ kind: 'unresolved' });
    }
    await new Promise<void>((resolve) => dns.close(resolve));
  });

  it('with thousands of addresses is tried at sixteen of them, in their order', async () => {
    const server = await httpServer((_, response) => response.end());
    const tried = Array.from({ length: 4_096 }, (_, index) => `127.0.${(index >> 8) + 1}.${index % 256}`);
    const allowed = new Set([...tried, '127.0.0.1'].map((address) => `${address}|${server.port}`));
    const resolve = async (name: string) => tried.toSpliced(Number(name.split('.')[0]), 1, '127.0.0.1');
    outbound = testOutbound({ policy: { allowed, denied: new Set() }, resolve });
    expect((await outbound.call(testCall(`http://15.many.test:${server.port}/`))).kind).toBe('answer');
    expect(await outbound.call(testCall(`http://16.many.test:${server.port}/`))).toMatchObject({
      kind: 'unreachable',
      cause: 'tcp',
    });
    expect(server.connections()).toBe(1);
    await server.close();
  });
});
