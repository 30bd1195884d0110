import { createServer } from 'node:http';

/**
 * A token endpoint in a process of its own, which takes so many milliseconds for each request and rotates its refresh tokens.
 * Prints its port; tells whoever started it, on any message, what was asked since the last one.
 */
const waitMs = Number(process.argv[2] ?? 50);
let seen = { requests: 0, firstAt: 0, lastAt: 0, mostAtOnce: 0 };
let [count, atOnce] = [0, 0];

const server = createServer((request, response) => {
  const now = Date.now();
  atOnce += 1;
  seen.requests += 1;
  seen.firstAt ||= now;
  seen.mostAtOnce = Math.max(seen.mostAtOnce, atOnce);
  request.resume();
  setTimeout(() => {
    atOnce -= 1;
    count += 1;
    seen.lastAt = Date.now();
    const body = JSON.stringify({
      access_token: `fake-access-${count}-${'a'.repeat(600)}`,
      refresh_token: `fake-refresh-${count}-${'r'.repeat(100)}`,
      token_type: 'Bearer',
      expires_in: 3600,
    });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }, waitMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});
process.on('message', () => {
  process.send?.(seen);
  seen = { requests: 0, firstAt: 0, lastAt: 0, mostAtOnce: 0 };
});
process.on('disconnect', () => process.exit(0));
