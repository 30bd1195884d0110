import { readPath } from '../../catalog/answers/path.ts';
import type { Path } from '../../catalog/checks/source-file.ts';
import type { AuthMethod } from '../../catalog/definition/auth-definition.ts';
import type { TokenErrorMeaning } from '../../catalog/definition/method-parts.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { parseTokenBody } from '../../oauth/token-body.ts';
import type { Trial, Values } from '../trial.ts';
import { documented } from './cases.ts';
import { withValue } from './documents.ts';
import { type Answer, jsonAnswer } from './made-answer.ts';
import { tokensFor } from './meanings.ts';
import { samplesOf } from './sample-pattern.ts';

/** Methods that ask a token endpoint. */
export type TokenMethod = Extract<AuthMethod, { tokenUrl: string }>;

const MADE_ACCESS = 'fake-access-token-0001';
const MADE_REFRESH = 'fake-refresh-token-0001';
export const MADE_SECONDS = 3_600;

/** What an endpoint gives where no example says it, in the places the file names. `told`: connection fields that come with it. */
export function madeTokenAnswer(
  { described }: Pick<Trial, 'described'>,
  method: TokenMethod,
  told: Values,
): Answer {
  const members: [name: string, value: unknown][] = [
    ['access_token', MADE_ACCESS],
    ['expires_in', MADE_SECONDS],
    ...(method.type === 'oauth2' && (method.refresh === 'static' || method.refresh === 'rotating')
      ? ([['refresh_token', MADE_REFRESH]] as [string, unknown][])
      : []),
  ];
  let inside: unknown = { token_type: 'bearer' };
  for (const [name, value] of members)
    inside = withValue(inside, method.tokenMembers[name] ?? name, value) ?? inside;
  let body = method.tokenPath === undefined ? inside : withValue({}, method.tokenPath, inside);
  for (const field of described.connectionFields) {
    const value = told[field.name];
    if (field.filledFrom?.source === 'token_response' && value !== undefined)
      body = withValue(body, field.filledFrom.path, value) ?? body;
  }
  return jsonAnswer(200, body);
}

/** The tokens in an answer, read on this side. */
export function tokensIn(
  method: TokenMethod,
  answer: Answer,
): { access: string | null; refresh: string | null } {
  const body = parseTokenBody(answer.text);
  const inside = method.tokenPath === undefined ? body : readPath(body, method.tokenPath);
  const read = (name: string) => {
    const value = readPath(inside, method.tokenMembers[name] ?? name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return { access: read('access_token'), refresh: read('refresh_token') };
}

/** A failing answer of a token endpoint, and what may come of it. */
export interface TokenRefusal {
  title: string;
  path: Path;
  answer: Answer;
  means: string;
  wanted: readonly string[];
}

/**
 * What a token endpoint says besides a success: documented, of codes and words the file knows, and what anybody may answer.
 * `isEntered`: to a credential somebody entered, so that a setup that is refused is that credential.
 */
export function tokenRefusals(
  { described, path }: Pick<Trial, 'described' | 'path'>,
  method: TokenMethod,
  of: 'token' | 'refresh',
  isEntered: boolean,
): TokenRefusal[] {
  const examples = documented(described, of, methodIdOf(method)).filter(({ means }) => means !== 'success');
  return [
    ...examples.map((one) => ({ ...one, wanted: tokensFor(one.means, isEntered) })),
    ...madeRefusals(method).map((one) => ({
      ...one,
      path: [...path, ...one.path],
      wanted: outcomesFor(one.means, isEntered),
    })),
    ...EVERYWHERE.map((one) => ({ ...one, path, means: 'not_now', wanted: ['not_now'] })),
  ];
}

interface MadeRefusal {
  title: string;
  /** After the method, such as token_errors.ACCESS_DENIED. */
  path: Path;
  answer: Answer;
  means: TokenErrorMeaning;
}

/** One for each code and each words that a file knows. */
function madeRefusals(method: TokenMethod): MadeRefusal[] {
  const at = method.tokenErrorPaths[0] ?? 'error';
  const withCode = (status: number, code: string) => jsonAnswer(status, withValue({}, at, code));
  const codes = Object.entries(method.tokenErrors).flatMap(([code, means]): MadeRefusal[] => {
    if (means === 'none') return [];
    const status = /^http_(\d{3})$/.exec(code)?.[1];
    const answer = status === undefined ? withCode(400, code) : jsonAnswer(Number(status), {});
    return [{ title: `the code ${code}`, path: ['token_errors', code], answer, means }];
  });
  const words = method.tokenWords.flatMap(({ matches, means }, index): MadeRefusal[] => {
    const [sample] = samplesOf(matches);
    if (sample === undefined || means === undefined) return [];
    const answer = jsonAnswer(400, {
      ...(withValue({}, at, 'example_code') as object),
      error_description: sample,
    });
    return [{ title: `the words ${index + 1}`, path: ['token_words', index], answer, means }];
  });
  return [...codes, ...words];
}

/** The same, whoever answers. */
const EVERYWHERE: readonly { title: string; answer: Answer }[] = [
  { title: 'an answer without a token', answer: jsonAnswer(200, {}) },
  { title: 'a 500', answer: jsonAnswer(500, {}) },
  {
    title: 'a web page',
    answer: { status: 200, headers: { 'content-type': 'text/html' }, text: '<html></html>' },
  },
];

/** What a meaning that stands in the file ends in. */
function outcomesFor(means: TokenErrorMeaning, isEntered: boolean): readonly string[] {
  switch (means) {
    case 'expired':
    case 'revoked':
    case 'rejected':
      return ['ended'];
    case 'setup_rejected':
      return isEntered ? ['ended'] : ['setup_rejected'];
    default:
      return ['not_now'];
  }
}
