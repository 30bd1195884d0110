import type { Reply } from '../request.ts';
import type { TokenFailure } from './spec.ts';

/** The failing answer of RFC 6749 §5.2, for providers that keep to it; `words` by its code. */
export function rfcFailure(
  failure: TokenFailure,
  words: Readonly<Record<string, string>> = {},
  clientStatus = 401,
): Reply {
  const isClient = failure === 'invalid_client' || failure === 'bad_secret';
  const code = isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
  const description = words[failure] ?? words[code] ?? `The request was refused: ${code}`;
  return {
    status: isClient ? clientStatus : 400,
    body: { error: code, error_description: description },
  };
}
