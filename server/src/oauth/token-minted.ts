import { readPath } from '../catalog/answers/path.ts';
import type { ConnectionField } from '../catalog/definition/field-definition.ts';
import { fieldProblem } from '../catalog/requests/base-url.ts';
import { Secret } from '../lib/secret.ts';
import type { Minted } from '../tokens/mint.ts';
import { isRecord, type TokenBody } from './token-body.ts';
import type { TokenAsk, TokenEndpoint } from './token-endpoint.ts';

/** Whose token it is, as the answer itself says. */
export interface TokenAccount {
  id: string | null;
  name: string | null;
}

const YEAR_SECONDS = 365 * 86_400;
/** Nobody documents longer ones; a header of more is refused by servers anyway. */
const LONGEST_TOKEN = 16 * 1024;
/** They are kept with each connection, and read with lists of them. */
const MOST_SCOPES = 1_000;
const LONGEST_SCOPE = 300;

/** The tokens in an answer that is no failure; null where there is no access token that could be sent. */
export function readMinted(
  ask: Pick<TokenAsk, 'endpoint' | 'connectionFields'> & Partial<Pick<TokenAsk, 'grant'>>,
  body: TokenBody,
  now: Date,
): { kind: 'minted'; minted: Minted; account: TokenAccount | null } | null {
  if (body === null) return null;
  const { endpoint } = ask;
  const inside = endpoint.tokenPath === undefined ? body : readPath(body, endpoint.tokenPath);
  if (!isRecord(inside)) return null;
  const found = renamed(endpoint, inside);
  const accessToken = tokenText(found.access_token);
  if (accessToken === null) return null;
  // Where the token itself buys the next one, it is what is kept for that.
  const refreshToken = endpoint.refresh === 'exchange' ? accessToken : tokenText(found.refresh_token);
  const minted: Minted = {
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === null ? null : new Secret(refreshToken),
    expiresInSeconds: lifetime(endpoint, found, now),
    ...grantLife(endpoint, found, ask.grant?.kind === 'authorization_code'),
    scopes: scopesIn(found.scope ?? found.scopes),
    fields: fieldsIn(ask.connectionFields ?? [], body),
  };
  return { kind: 'minted', minted, account: accountIn(endpoint, body) };
}

/** Under the names of RFC 6749. */
function renamed(
  { tokenMembers = {} }: TokenEndpoint,
  inside: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const members = Object.entries(tokenMembers).map(([name, path]) => [name, readPath(inside, path)]);
  return { ...inside, ...Object.fromEntries(members) };
}

/** Empty and null count as left out (RFC 6749 §6: then the old refresh token stays). */
function tokenText(value: unknown): string | null {
  const isToken = typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && value.length <= LONGEST_TOKEN;
  return isToken ? value : null;
}

function lifetime(
  endpoint: TokenEndpoint,
  found: Readonly<Record<string, unknown>>,
  now: Date,
): number | null {
  const said = seconds(found.expires_in) ?? secondsUntil(found.expires_at, now);
  // What cannot be renewed and ends in 0 seconds does not end at all.
  const meant = said === 0 && endpoint.refresh === 'none' ? null : said;
  return meant ?? endpoint.accessTokenTtlSeconds ?? null;
}

/**
 * What ends by disuse, and what ends whatever is done. A fixed life counts from the sign-in, so only its answer begins it; an
 * answer that names what is left of it says it anew.
 */
function grantLife(
  endpoint: TokenEndpoint,
  found: Readonly<Record<string, unknown>>,
  isSignIn: boolean,
): Pick<Minted, 'refreshExpiresInSeconds' | 'grantEndsInSeconds'> {
  const { refreshTokenTtlSeconds: usual = null, grantTtlSeconds: longest = null } = endpoint;
  const kind = endpoint.refreshTokenLifetime ?? 'sliding';
  const names = ['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in'];
  const said = names.map((name) => wholeSeconds(found[name])).find((value) => value !== null && value > 0);
  const idle = kind === 'sliding' ? (said ?? usual) : kind === 'fixed_where_said' ? usual : null;
  const fixed = kind === 'sliding' ? null : (said ?? (kind === 'fixed' && isSignIn ? usual : null));
  const ends = [fixed, isSignIn ? longest : null].filter((value) => value !== null);
  return {
    refreshExpiresInSeconds: idle === null ? null : Math.min(idle, YEAR_SECONDS),
    grantEndsInSeconds: ends.length === 0 ? null : Math.min(...ends),
  };
}

/** `3600`, `"3600"`, `3600.5`. Anything that is no length of time is "not known"; none is longer than a year. */
function seconds(value: unknown): number | null {
  const whole = wholeSeconds(value);
  return whole === null ? null : Math.min(whole, YEAR_SECONDS);
}

function wholeSeconds(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return null;
  return Math.floor(number);
}

/** Where the end stands in place of the length: as a date, or in seconds since 1970. */
function secondsUntil(value: unknown, now: Date): number | null {
  const at = typeof value === 'number' ? value * 1_000 : typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isFinite(at) ? seconds((at - now.getTime()) / 1_000) : null;
}

/**
 * A text with spaces or commas between them, a list, or an object with an answer for each: {contents: "read"} is "contents:read".
 * Null: not said, so as asked (RFC 6749 §5.1).
 */
function scopesIn(value: unknown): string[] | null {
  const texts = Array.isArray(value) ? value : isRecord(value) ? permissionsIn(value) : [value];
  const scopes = texts.flatMap((text) => (typeof text === 'string' ? text.split(/[\s,]+/) : []));
  const named = [...new Set(scopes.filter((scope) => scope !== '' && scope.length <= LONGEST_SCOPE))];
  return named.length === 0 ? null : named.slice(0, MOST_SCOPES);
}

function permissionsIn(value: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(value).flatMap(([name, level]) =>
    typeof level === 'string' ? [`${name}:${level}`] : [],
  );
}

/** Only values that may stand in an address: one that may not is not there. */
function fieldsIn(fields: readonly ConnectionField[], body: TokenBody): Record<string, string> {
  const read = fields.flatMap((field) => {
    if (field.filledFrom?.source !== 'token_response') return [];
    const value = textOf(readPath(body, field.filledFrom.path));
    return value === null || fieldProblem(field, value) !== null ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(read);
}

function accountIn({ tokenAccount }: TokenEndpoint, body: TokenBody): TokenAccount | null {
  if (tokenAccount === undefined) return null;
  const id = tokenAccount.id === undefined ? null : textOf(readPath(body, tokenAccount.id));
  const name = tokenAccount.name === undefined ? null : textOf(readPath(body, tokenAccount.name));
  return id === null && name === null ? null : { id, name };
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 300) : null;
}
