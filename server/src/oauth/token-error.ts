import { clockWords, isClockFarOff } from '../catalog/answers/clock-words.ts';
import { readPath } from '../catalog/answers/path.ts';
import type { TokenErrorMeaning, TokenWords } from '../catalog/definition/method-parts.ts';
import type { Answer } from '../outbound/outcome.ts';
import { retryAfterSeconds } from '../outbound/retry.ts';
import { shownWords } from './shown-words.ts';
import { isRecord, type TokenBody } from './token-body.ts';
import type { Grant, TokenAsk, TokenOutcome } from './token-endpoint.ts';

type Failure = Exclude<TokenOutcome, { kind: 'minted' }>;

/**
 * What went wrong, or null where the answer is a success. Read in this order:
 *
 *   words the file knows → a code the file knows → a code RFC 6749 knows → the status
 *
 * A status alone ends no grant: a proxy in between, or a provider that is ill, must not disconnect anybody.
 */
export function readError(
  ask: Pick<TokenAsk, 'endpoint' | 'grant'> & { hasOurTime?: boolean },
  answer: Answer,
  body: TokenBody,
  now: Date,
): Failure | null {
  const { tokenErrorPaths, tokenErrors } = ask.endpoint;
  const found = body === null ? [] : codesIn(tokenErrorPaths, body);
  const codes = found.filter((code) => ownMeaning(tokenErrors, code) !== 'none');
  const isSuccess = answer.status < 300 && codes.length === 0 && body?.ok !== false;
  if (isSuccess) return null;
  const words = wordsIn(answer, body, codes);
  const waitSeconds = retryAfterSeconds(answer.headers, now);
  const known = tokenWordsFor(ask.endpoint.tokenWords ?? [], words ?? plainText(answer, body));
  const told = known?.means ?? meaningOf(ask, answer, codes, words);
  const isDisbelieved = hasOurTime(ask) && REFUSALS.has(told) && isClockFarOff(answer.headers, now);
  const meaning = isDisbelieved ? 'clock_off' : told;
  const say = isDisbelieved
    ? clockWords(answer.headers, now)
    : (known?.say ?? (meaning === 'clock_off' ? clockWords(answer.headers, now) : undefined));
  const advice = say === undefined ? {} : { advice: say };
  switch (meaning) {
    case 'expired':
    case 'revoked':
    case 'rejected':
      return { kind: 'ended', because: meaning, words, ...advice };
    case 'setup_rejected':
      // Here id and secret are what the person entered, not a setup beside it.
      return ask.grant.kind === 'client_credentials'
        ? { kind: 'ended', because: 'rejected', words, ...advice }
        : { kind: 'setup_rejected', words, isClient: isAboutClient(ask, answer, codes), ...advice };
    case 'none':
    case 'clock_off':
    case 'rate_limited':
    case 'provider_error':
      return {
        kind: 'not_now',
        because: meaning === 'rate_limited' ? meaning : 'provider_error',
        ...(meaning === 'clock_off' && { isClockOff: true }),
        mayHaveHappened: answer.status >= 500 && waitSeconds === null,
        retryAfterSeconds: waitSeconds,
        words,
        ...advice,
      };
  }
}

/** What the other side may also answer to a time it does not believe: many say no more than that it does not take this. */
const REFUSALS: ReadonlySet<TokenErrorMeaning> = new Set([
  'rejected',
  'expired',
  'revoked',
  'setup_rejected',
]);

/** Whether what was sent says when it was made. */
function hasOurTime(ask: Pick<TokenAsk, 'grant'> & { hasOurTime?: boolean }): boolean {
  return ask.hasOurTime ?? ('assertion' in ask.grant && ask.grant.assertion !== undefined);
}

/** As with the conditions of answers: bounded in length, since the pattern may come from a file of somebody's own. */
function tokenWordsFor(known: readonly TokenWords[], words: string | null): TokenWords | undefined {
  if (words === null) return undefined;
  return known.find(({ matches }) => new RegExp(matches, 'iu').test(words.slice(0, 500)));
}

/** A sentence without JSON around it, to be compared and not shown; a page is of whoever stands in between. */
function plainText(answer: Answer, body: TokenBody): string | null {
  if (body !== null) return null;
  const text = answer.body.subarray(0, 2000).toString('utf8').trim();
  return text === '' || text.startsWith('<') ? null : text;
}

function meaningOf(
  { endpoint, grant }: Pick<TokenAsk, 'endpoint' | 'grant'>,
  answer: Answer,
  codes: readonly string[],
  words: string | null,
): Exclude<TokenErrorMeaning, 'none'> {
  const known = [...codes, `http_${answer.status}`]
    .map((code) => ownMeaning(endpoint.tokenErrors, code))
    .find((one) => one !== undefined);
  if (known !== undefined && known !== 'none') return known;
  if (answer.status === 429) return 'rate_limited';
  if (answer.status >= 500) return 'provider_error';
  const standard = codes.map(standardOf).find((one) => one !== undefined);
  if (standard === 'ended') return endOf(grant, words);
  if (standard !== undefined) return standard;
  // RFC 6749 §5.2: 401 is for a client that could not be authenticated.
  return answer.status === 401 ? 'setup_rejected' : 'provider_error';
}

/** Client id or secret themselves, and so every connection under them: not what one of them asked for. */
function isAboutClient(
  { endpoint: { tokenErrors }, grant }: Pick<TokenAsk, 'endpoint' | 'grant'>,
  { status }: Answer,
  codes: readonly string[],
): boolean {
  if (codes.includes('invalid_client')) return true;
  if (codes.some((code) => OF_THE_REQUEST.has(code))) return false;
  if (codes.some((code) => ownMeaning(tokenErrors, code) === 'setup_rejected')) return true;
  // Not of a code: that may be made up by whoever came back with it.
  return (
    status === 401 && grant.kind === 'refresh_token' && codes.every((code) => standardOf(code) === undefined)
  );
}

/** Said of what was asked for, and where: another connection under the same client asks for something else. */
const OF_THE_REQUEST = new Set([
  'invalid_request',
  'invalid_scope',
  'redirect_uri_mismatch',
  'unauthorized_client',
  'unsupported_grant_type',
]);

const STANDARD: Readonly<Record<string, Exclude<TokenErrorMeaning, 'none'> | 'ended' | undefined>> = {
  invalid_grant: 'ended',
  invalid_client: 'setup_rejected',
  unauthorized_client: 'setup_rejected',
  unsupported_grant_type: 'setup_rejected',
  invalid_scope: 'setup_rejected',
  redirect_uri_mismatch: 'setup_rejected',
  slow_down: 'rate_limited',
  temporarily_unavailable: 'provider_error',
  server_error: 'provider_error',
};

/** What a code is, the other side decides: one that every object has is none of these. */
function standardOf(code: string): (typeof STANDARD)[string] {
  return Object.hasOwn(STANDARD, code) ? STANDARD[code] : undefined;
}

/** One code for "invalid, expired or revoked": what was sent and the provider's words tell which. */
function endOf(grant: Grant, words: string | null): 'expired' | 'revoked' | 'rejected' {
  if (grant.kind !== 'refresh_token') return 'rejected';
  return words !== null && /expired/i.test(words) && !/revoked/i.test(words) ? 'expired' : 'revoked';
}

function ownMeaning(
  meanings: Readonly<Record<string, TokenErrorMeaning>>,
  code: string,
): TokenErrorMeaning | undefined {
  return Object.hasOwn(meanings, code) ? meanings[code] : undefined;
}

/** A code is a text, a number, or stands in an object under one of these names. */
export function codesIn(paths: readonly string[], body: TokenBody): string[] {
  const codes: string[] = [];
  for (const path of paths) {
    const found = readPath(body, path);
    const here = (isRecord(found) ? ['code', 'type', 'status', 'error'].map((name) => found[name]) : [found])
      .filter((one) => typeof one === 'string' || typeof one === 'number')
      .map(String)
      .filter((code) => code !== '');
    codes.push(...here);
  }
  return codes;
}

export function wordsIn(answer: Answer, body: TokenBody, codes: readonly string[]): string | null {
  if (body === null) return null;
  const places = [
    'error_description',
    'error.message',
    'message',
    'errors[0].message',
    'error_message',
    'reason',
    'ErrorResponse.Error.Message',
  ];
  const said = places.map((path) => readPath(body, path)).find((text) => typeof text === 'string' && text);
  const text = typeof said === 'string' ? said : codes[0];
  return text === undefined ? null : shownWords(answer.redact(text));
}
