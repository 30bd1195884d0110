import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';

/** Sets the ETag of what two people may edit: its version. */
export function setVersion(reply: FastifyReply, version: number): void {
  reply.header('etag', `"${version}"`);
}

/** The version the caller wants to change (`If-Match: "3"`); null when they did not say. Anything unreadable is 400. */
export function expectedVersion(request: FastifyRequest): number | null {
  const header = request.headers['if-match'];
  if (header === undefined || header === '*') return null;
  const version = /^"(\d{1,9})"$/.exec(header)?.[1];
  if (version === undefined) {
    throw new AppError('invalid_input', {
      detail: 'If-Match must be one ETag as it was answered, such as "3".',
      fields: [{ path: 'If-Match', message: 'Not an ETag of ours.' }],
    });
  }
  return Number(version);
}
