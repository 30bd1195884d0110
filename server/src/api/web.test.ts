import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import { sendProblem } from './problem.ts';
import type { App } from './route.ts';
import { webFiles } from './web.ts';

let dir: string;
let app: App;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'keyrail-web-'));
  writeFileSync(join(dir, 'secret.txt'), 'outside');
  const dist = join(dir, 'dist');
  mkdirSync(join(dist, 'assets'), { recursive: true });
  writeFileSync(
    join(dist, 'index.html'),
    '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__" src="/assets/app-1a2b.js"></script>',
  );
  writeFileSync(join(dist, 'assets', 'app-1a2b.js'), 'console.log(1);\n'.repeat(500));
  writeFileSync(join(dist, 'favicon.svg'), '<svg/>');
  writeFileSync(join(dist, '.env'), 'SECRET=1');
  app = Fastify() as unknown as App;
  app.setValidatorCompiler(validatorCompiler);
  app.setNotFoundHandler((request, reply) => sendProblem(new AppError('not_found'), request, reply));
  await webFiles(app, dist);
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the web app', () => {
  test('gets a page for every address of its own, with a nonce that is new each time and in the policy', async () => {
    const nonces = new Set<string>();
    for (const url of [
      '/',
      '/settings/connections',
      '/tables/tbl_1?view=all',
      '/index.html',
      '/setup?code=a.b',
    ]) {
      const answer = await app.inject(url);
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      const [, nonce = ''] = /nonce="([^"]+)"><script/.exec(answer.body) ?? [];
      expect(answer.body).not.toContain('__CSP_NONCE__');
      expect(answer.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*/);
      expect(answer.headers['cross-origin-opener-policy']).toBe('same-origin-allow-popups');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(5);
  });

  test('stays whole while a new build takes the place of its files', async () => {
    rmSync(join(dir, 'dist', 'favicon.svg'));
    expect(await app.inject('/favicon.svg')).toMatchObject({ statusCode: 200, body: '<svg/>' });
  });

  test('has its hashed files kept for ever by browsers, and the others asked for again', async () => {
    const hashed = await app.inject('/assets/app-1a2b.js');
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(hashed.headers['content-type']).toMatch('text/javascript');
    expect((await app.inject('/favicon.svg')).headers['cache-control']).toBe('no-cache');
    const small = await app.inject({
      url: '/assets/app-1a2b.js',
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(small.headers['content-encoding']).toBe('br');
    expect(small.rawPayload.length).toBeLessThan(500);
  });

  test.each([
    '/assets/gone-1a2b.js',
    '/../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/.env',
    '/assets/%00',
    '/v1/nothing',
    '/assets',
  ])('gets nothing for %s', async (url) => {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('outside');
    expect(answer.headers['content-type']).toMatch('application/problem+json');
  });
});
