import type { z } from 'zod';
import { AppError } from './app-error.ts';

/** A place in a list as an opaque text, for `next_cursor`. Holds no secret: whoever gets it can read it. */
export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place again; what is not of that shape is 400. It is input like any other, so queries carry the workspace anyway. */
export function decodeCursor<Place>(shape: z.ZodType<Place>, cursor: string): Place {
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new AppError('invalid_input', {
      detail: 'The cursor is not one of this list. Send next_cursor as it was answered.',
      fields: [{ path: 'cursor', message: 'Not a cursor of this list.' }],
    });
  }
}
