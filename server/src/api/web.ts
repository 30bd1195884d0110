import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from './route.ts';
import { freshNonce, pagePolicy } from './security-headers.ts';

const compress = promisify(brotliCompress);

/** What Vite writes into index.html where the nonce of the answer belongs (see web/vite.config.ts). */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSED = /^(text\/|application\/(json|manifest)|image\/svg)/;

interface WebFile {
  content: Buffer;
  type: string;
  /** The name carries a hash of the content, so it never changes. */
  isHashed: boolean;
  compressed: Promise<Buffer> | null;
}

/**
 * The built web app, some 2 MB. The files are read once at the start and looked up by their whole path, so no path from outside
 * ever reaches the file system, and a new build beside a running server does not take the old page's files away. Every other path that wants a page gets index.html, whose router knows the rest.
 */
export async function webFiles(app: App, dir: string | null): Promise<void> {
  const files = dir === null ? new Map<string, WebFile>() : listFiles(dir);
  const index =
    dir !== null && files.has('/index.html') ? readFileSync(join(dir, 'index.html'), 'utf8') : null;
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    config: { policy: 'public', isLogged: false },
    // The app's own router reads the query of its addresses; here any is taken.
    schema: { hide: true, querystring: z.looseObject({}) },
    handler: async (request, reply) => {
      const asked = request.url.split('?')[0] ?? '/';
      // The page itself is never a plain file: it needs its nonce.
      const path = asked === '/index.html' ? '/' : asked;
      const found = files.get(path);
      if (found) return sendFile(request, reply, found);
      // Said there with what the address takes, where it is one of the API that takes another method.
      if (!isPage(path)) return reply.callNotFound();
      if (index === null) return sendNotBuilt(reply);
      const nonce = freshNonce();
      return (
        reply
          .header('content-security-policy', pagePolicy(nonce))
          // The page keeps the tie to the sign-in windows that it opens itself; nobody else's window gets one to it.
          .header('cross-origin-opener-policy', 'same-origin-allow-popups')
          .type('text/html; charset=utf-8')
          .send(index.replaceAll(NONCE_PLACEHOLDER, nonce))
      );
    },
  });
}

/** Addresses of the app have no dot; what has one, or belongs to the API, is not found rather than a page. */
function isPage(path: string): boolean {
  return (
    !/^\/+(v1|health|metrics|oauth|mcp|assets)(\/|$)/i.test(path) &&
    !(path.split('/').at(-1) ?? '').includes('.')
  );
}

function listFiles(dir: string): Map<string, WebFile> {
  const files = new Map<string, WebFile>();
  let names: string[] = [];
  try {
    names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  for (const name of names) {
    const file = join(dir, name);
    const type = TYPES[extname(name)];
    if (type === undefined || !statSync(file).isFile()) continue;
    const path = `/${name.replaceAll('\\', '/')}`;
    files.set(path, {
      content: readFileSync(file),
      type,
      isHashed: path.startsWith('/assets/'),
      compressed: null,
    });
  }
  return files;
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, found: WebFile): Promise<FastifyReply> {
  reply
    .type(found.type)
    .header('cache-control', found.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('vary', 'accept-encoding');
  const takesBrotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (!takesBrotli || !COMPRESSED.test(found.type)) return reply.send(found.content);
  found.compressed ??= compress(found.content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
  });
  return reply.header('content-encoding', 'br').send(await found.compressed);
}

function sendNotBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .type('text/plain; charset=utf-8')
    .send('The web app is not built. Start Keyrail with npm start, which builds it.\n');
}
