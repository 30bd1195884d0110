import { createServer } from 'node:http';

/** A provider of its own process: answers every request after so many milliseconds with a small JSON. Prints its port. */
const waitMs = Number(process.argv[2] ?? 50);

const server = createServer((request, response) => {
  const name = request.url?.split('name=')[1] ?? '';
  const body = JSON.stringify({
    data: { email: `${name}@example.com`, score: 97, sources: [{ uri: 'https://example.com/about' }] },
  });
  setTimeout(() => {
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
process.on('disconnect', () => process.exit(0));
