import type { FastifyRequest } from 'fastify';
import { isLoopbackHost } from '../lib/loopback.ts';

/**
 * How this browser addresses us. The public address where there is one; on loopback the name it uses, since cookies belong
 * to that name and `localhost` and `127.0.0.1` are two.
 */
export function ownOrigin(request: FastifyRequest, publicUrl: string | null): string {
  if (publicUrl !== null) return publicUrl;
  const named = URL.parse(`http://${request.headers.host ?? ''}`);
  const { localPort } = request.socket;
  if (named !== null && isLoopbackHost(named.hostname) && Number(named.port || 80) === localPort) {
    return named.origin;
  }
  return `http://127.0.0.1:${localPort}`;
}
