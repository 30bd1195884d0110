import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * A provider in a process of its own, for whoever forked it: prints its port, ends with its parent. `answer` is called so many
 * milliseconds (the first argument of the process) after each request, and gives the JSON.
 */
export function serveProvider(answer: (request: IncomingMessage) => object, onRequest = () => {}): void {
  const waitMs = Number(process.argv[2] ?? 50);
  const server = createServer((request, response) => {
    onRequest();
    request.resume();
    setTimeout(() => send(response, JSON.stringify(answer(request))), waitMs);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    console.log(typeof address === 'object' ? address?.port : '');
  });
  process.on('disconnect', () => process.exit(0));
}

function send(response: ServerResponse, body: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
