import type { Answer, Fault } from './front.ts';

type Json = Record<string, unknown>;
const json = (body: Json): Partial<Answer> => ({ body: JSON.stringify(body) });

/**
 * Answers of token endpoints as they are met: the request is carried out each time, so that whatever the answer looks like,
 * the refresh token it was made with may be spent.
 */
export const odd = {
  /** What the answer says of its lifetime; `undefined`: nothing. Text goes in as it is: `1e400` is no JSON number of ours. */
  expiresIn: (value: unknown): Fault =>
    rewritten((answer) => {
      const { expires_in: _, ...rest } = answer;
      if (value === undefined) return json(rest);
      return { body: JSON.stringify({ ...rest, expires_in: '@' }).replace('"@"', rawOf(value)) };
    }),
  without: (...names: string[]): Fault =>
    rewritten((answer) =>
      json(Object.fromEntries(Object.entries(answer).filter(([name]) => !names.includes(name)))),
    ),
  with: (more: Json): Fault => rewritten((answer) => json({ ...answer, ...more })),
  /** As GitHub does without `Accept: application/json`. */
  formEncoded: rewritten((answer) => ({
    body: new URLSearchParams(
      Object.entries(answer).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })),
  plainText: rewritten((answer) => ({ ...json(answer), headers: { 'content-type': 'text/plain' } })),
  /** A proxy's page in place of the answer. */
  html: rewritten(() => ({
    body: '<!doctype html><title>Sign in</title><h1>Please sign in</h1>',
    headers: { 'content-type': 'text/html' },
  })),
  empty: rewritten(() => ({ body: '' })),
  truncated: rewritten((answer) => ({ body: JSON.stringify(answer).slice(0, -20) })),
  /** Says that it failed under the status of a success, as Slack does. */
  errorInside: (error: string): Fault => rewritten(() => json({ ok: false, error })),
} as const;

function rewritten(rewrite: (answer: Json) => Partial<Answer>): Fault {
  return { kind: 'rewrite', rewrite };
}

/** Numbers that JSON of ours would not say are given as `{ raw }`. */
function rawOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'raw' in value
    ? String(value.raw)
    : JSON.stringify(value);
}
