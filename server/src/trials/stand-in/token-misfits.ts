import { headerOf } from '../../catalog/answers/header.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { placesIn } from '../../catalog/requests/template.ts';
import type { TokenMethod } from '../cases/token-answers.ts';
import type { Values } from '../trial.ts';
import { parsed } from './misfits.ts';
import type { Arrived } from './stand-in.ts';

export interface TokenRequest {
  method: TokenMethod;
  /** Its address with the fields filled in. */
  url: string;
  httpMethod: 'POST' | 'GET';
  /** What must stand in it. */
  parameters: Values;
  client: { id: string; secret: string } | null;
  /** Whatever must not stand in an address. */
  secrets: readonly string[];
}

/** Why a request is not the one for a token that the file describes. */
export function tokenMisfit(wanted: TokenRequest): (arrived: Arrived) => string | null {
  const { method, url, httpMethod, secrets } = wanted;
  const at = new URL(url);
  return (arrived) => {
    if (arrived.method !== httpMethod) return `${httpMethod} was described`;
    if (arrived.url.host !== at.host || arrived.url.pathname !== at.pathname)
      return `the address is ${at.host}${at.pathname}`;
    for (const [name, value] of Object.entries(method.tokenQuery)) {
      if (arrived.url.searchParams.get(name) !== value) return `the parameter ${name} must be ${value}`;
    }
    for (const [name, value] of Object.entries(method.tokenHeaders)) {
      if (headerOf(arrived.headers, name) !== value) return `the header ${name} must be ${value}`;
    }
    const address = decodeURIComponent(arrived.url.href);
    if (httpMethod === 'POST' && secrets.some((secret) => address.includes(secret)))
      return 'a secret stands in its address';
    const sent =
      httpMethod === 'GET' ? Object.fromEntries(arrived.url.searchParams) : bodyOf(method, arrived);
    if (sent === null) return `the body is no ${method.tokenRequestBody === 'json' ? 'JSON' : 'form'}`;
    return (
      parametersMisfit({ ...wanted.parameters, ...fixedParams(method) }, sent) ??
      clientMisfit(wanted, arrived, sent)
    );
  };
}

/** What a method asks for, its places filled in; nothing where it asks for nothing. */
export function scopeAsked(
  { scopes, scopeSeparator }: Pick<OAuth2Method, 'scopes' | 'scopeSeparator'>,
  fields: Values,
): Values {
  const names = scopes
    .filter(({ optional }) => !optional)
    .map(({ name }) => name.replace(/\{(\w+)\}/g, (_, field: string) => fields[field] ?? ''));
  return names.length === 0 ? {} : { scope: names.join(scopeSeparator) };
}

/** What the file sends besides; another grant_type among it takes the place of the usual one. */
function fixedParams({ tokenParams }: TokenMethod): Values {
  return Object.fromEntries(Object.entries(tokenParams).filter(([, value]) => placesIn(value).length === 0));
}

function bodyOf({ tokenRequestBody }: TokenMethod, { body, headers }: Arrived): Values | null {
  if (tokenRequestBody === 'json') return (parsed(body) as Values | undefined) ?? null;
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
    ? Object.fromEntries(new URLSearchParams(body))
    : null;
}

function parametersMisfit(wanted: Values, sent: Values): string | null {
  const wrong = Object.entries(wanted).find(([name, value]) => sent[name] !== value);
  return wrong === undefined ? null : `the parameter ${wrong[0]} is not there as described`;
}

function clientMisfit({ client, method }: TokenRequest, { headers }: Arrived, sent: Values): string | null {
  if (client === null) return null;
  const how = 'tokenAuthMethod' in method ? method.tokenAuthMethod : 'none';
  if (how === 'client_secret_basic') {
    const [id, secret] = basicPairIn(headers.authorization ?? '');
    return isSame(id, client.id) && isSame(secret, client.secret)
      ? null
      : 'the header Authorization does not carry client id and secret';
  }
  if (sent[method.clientIdParam] !== client.id)
    return `the parameter ${method.clientIdParam} is not the client id`;
  const isRight =
    how === 'none' ? sent.client_secret === undefined : isSame(sent.client_secret, client.secret);
  return isRight ? null : 'the client secret is not there as described';
}

/** RFC 6749 §2.3.1: both are form-encoded before. */
function basicPairIn(authorization: string): (string | null)[] {
  const [, encoded = ''] = /^Basic (.+)$/.exec(authorization) ?? [];
  const pair = Buffer.from(encoded, 'base64').toString();
  const at = pair.indexOf(':');
  return [pair.slice(0, at), pair.slice(at + 1)].map((part) => new URLSearchParams(`t=${part}`).get('t'));
}

/** Both are made up here. */
function isSame(sent: string | null | undefined, wanted: string): boolean {
  return sent === wanted;
}
