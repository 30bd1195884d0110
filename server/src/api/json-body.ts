import { isUtf8 } from 'node:buffer';
import sjson from 'secure-json-parse';
import { AppError } from '../lib/app-error.ts';

/** Deeper than anything we take, shallow enough that no parser or walker of ours runs out of stack. */
const MAX_DEPTH = 64;

/**
 * JSON as we take it: UTF-8, not nested deeper than 64, no `__proto__` and no `constructor.prototype`. An empty body is
 * none. Never repeats what was sent: it may be a secret.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw invalid('The body is not UTF-8.');
  const text = body.toString('utf8');
  if (isTooDeep(text)) throw invalid(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  try {
    return sjson.parse(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    const isForbidden = error instanceof SyntaxError && error.message.includes('forbidden prototype');
    throw invalid(
      isForbidden
        ? 'The body holds a field name that is not taken (__proto__ or constructor.prototype).'
        : 'The body is not valid JSON.',
    );
  }
}

function invalid(detail: string): AppError {
  return new AppError('invalid_input', { detail });
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (isInText) {
      if (character === '\\') i += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}
