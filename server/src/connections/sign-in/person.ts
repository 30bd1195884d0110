import { AppError } from '../../lib/app-error.ts';
import type { Who } from '../../workspaces/who.ts';

/** An API token has no browser in which anybody could have signed in. */
export function personOf({ tokenId, userId }: Who): Who['userId'] {
  return tokenId === null ? userId : null;
}

export function notTheirs(): AppError {
  return new AppError('forbidden', { detail: 'This is for the person who signs in, in their browser.' });
}
