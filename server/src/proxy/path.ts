import { AppError } from '../lib/app-error.ts';
import { confine } from '../outbound/confine.ts';

/**
 * Where a caller's path stands under the integration's address, with its query as it was written. `rest` begins with a
 * slash or is empty. What could be read as another host is refused even where joining it would be harmless.
 */
export function addressUnder(base: string, rest: string, query: string): string {
  const confined = looksLikeHost(rest.slice(1)) ? ({ kind: 'outside_base' } as const) : confine(base, rest);
  if (confined.kind === 'outside_base') throw outside();
  if (confined.kind === 'invalid') throw unfit(confined.problem);
  // Apart from the path: a question mark begins it, and nothing in it changes the place.
  const whole = confine(base, `${rest}${query}`);
  if (whole.kind === 'outside_base') throw outside();
  if (whole.kind === 'invalid') throw unfit(whole.problem);
  return whole.url;
}

/** As those who join by hand would read it: a scheme, a user, a port, the end of a host's name. */
function looksLikeHost(path: string): boolean {
  if (path.startsWith('.well-known/')) return false;
  return /^([a-z][a-z0-9+.-]*:[/\\]|[:@./\\])/i.test(path);
}

function outside(): AppError {
  return new AppError('path_outside_base', {
    detail:
      'Send the path below the address of the integration, such as /me. “..” and whole addresses are not taken.',
  });
}

function unfit(problem: string): AppError {
  return new AppError('invalid_input', {
    detail: `The path ${problem}.`,
    fields: [{ path: 'path', message: `It ${problem}.` }],
  });
}
