import type { RequestTemplate } from '../definition/request-template.ts';
import type { Definition } from '../definition.ts';
import { resolveBaseUrl, type Unfit } from './base-url.ts';
import { mailText } from './mail-body.ts';
import {
  asQuoted,
  asText,
  fillJson,
  fillText,
  isGiven,
  placesIn,
  type Quotes,
  type Values,
} from './template.ts';

/** A request without its credential, which is put in where the call is made. */
export interface PreparedRequest {
  method: RequestTemplate['method'];
  /** Absolute, inside the base address. */
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string | null;
}

export type BuildOutcome = { kind: 'ready'; request: PreparedRequest } | Unfit;

/** What building looks at: the integration's address, or the auth method's own. */
export type AddressSource = Pick<Definition, 'connectionFields' | 'defaultHeaders'> & { baseUrl: string };

/**
 * Fills a request template from inputs and connection fields. What is filled in can change neither scheme, host nor
 * base path: in paths a value is one percent-encoded part of a segment, and the finished address is compared again.
 */
export function buildRequest(
  source: AddressSource,
  template: RequestTemplate,
  inputs: Values,
  connectionFields: Readonly<Record<string, string>>,
): BuildOutcome {
  const base = resolveBaseUrl(source, connectionFields);
  if (base.kind === 'unfit') return base;
  const values: Values = { ...inputs, ...placed(source, connectionFields) };
  const path = fillPath(template.path, values, template.quotes);
  if (path.kind === 'unfit') return path;
  const url = new URL(base.url + path.path);
  if (!isInside(url, base.url))
    return unfit('path', 'The address would leave the place this integration is at.');
  addQuery(url, template.query, values, template.quotes);
  const headers = fillHeaders({ ...source.defaultHeaders, ...template.headers }, values);
  if (headers.kind === 'unfit') return headers;
  const body = buildBody(template, values);
  if (body !== null && headers.headers['content-type'] === undefined)
    headers.headers['content-type'] = body.type;
  headers.headers.accept ??= 'application/json';
  const request = {
    method: template.method,
    url: url.href,
    headers: headers.headers,
    body: body?.text ?? null,
  };
  return { kind: 'ready', request };
}

/**
 * Connection fields alone, none of which is called like an input. What was entered with them to sign in by (a user name, an
 * id) stands in no request, and would take the place of an input of its name.
 */
function placed(
  { connectionFields }: Pick<AddressSource, 'connectionFields'>,
  entered: Readonly<Record<string, string>>,
): Values {
  const names = new Set(connectionFields.map(({ name }) => name));
  return Object.fromEntries(Object.entries(entered).filter(([name]) => names.has(name)));
}

type PathOutcome = { kind: 'ready'; path: string } | Unfit;

function fillPath(template: string, values: Values, quotes: Quotes | undefined): PathOutcome {
  for (const name of placesIn(template)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!isGiven(value)) return unfit(name, `${name} is missing, and the address needs it.`);
    const text = asText(value);
    if (/^\.{1,2}$/.test(text)) return unfit(name, `${name} cannot be "${text}".`);
    // A lone surrogate cannot be percent-encoded.
    if (!text.isWellFormed()) return unfit(name, `${name} has characters that cannot stand in an address.`);
  }
  return {
    kind: 'ready',
    path: template.replace(/\{([a-z][a-z0-9_]*)\}/g, (_, name: string, at: number) =>
      encodeURIComponent(asQuoted(template, at, asText(values[name]), quotes)),
    ),
  };
}

function isInside(url: URL, base: string): boolean {
  const root = new URL(base);
  const rootPath = root.pathname.replace(/\/+$/, '');
  if (url.origin !== root.origin || url.username !== '' || url.password !== '') return false;
  return url.pathname === (rootPath || '/') || url.pathname.startsWith(`${rootPath}/`);
}

function addQuery(url: URL, query: RequestTemplate['query'], values: Values, quotes?: Quotes): void {
  for (const [name, template] of Object.entries(query)) {
    const value = typeof template === 'string' ? fillJson(template, values, quotes) : template;
    if (!isGiven(value)) continue;
    // A name that ends in [] is a list parameter: once per item. Otherwise a list joins with commas.
    const items = name.endsWith('[]') && Array.isArray(value) ? value : [value];
    for (const item of items) url.searchParams.append(name, asText(item));
  }
}

type HeadersOutcome = { kind: 'ready'; headers: Record<string, string> } | Unfit;

function fillHeaders(
  templates: Readonly<Record<string, string | number | boolean>>,
  values: Values,
): HeadersOutcome {
  const headers: Record<string, string> = {};
  for (const [name, template] of Object.entries(templates)) {
    const value = fillText(String(template), values);
    if (value === null) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      return unfit(name, `${name} has characters that cannot stand in a header.`);
    headers[name.toLowerCase()] = value;
  }
  return { kind: 'ready', headers };
}

function buildBody(template: RequestTemplate, values: Values): { type: string; text: string } | null {
  if (template.graphql !== undefined) {
    const variables = fillJson(template.graphql.variables, values, template.quotes);
    return json({ query: template.graphql.query, variables });
  }
  if (template.form !== undefined) {
    const form = new URL('http://form.invalid');
    addQuery(form, template.form, values, template.quotes);
    return { type: 'application/x-www-form-urlencoded', text: form.searchParams.toString() };
  }
  if (template.mail !== undefined) return json(withMail(template, template.mail, values));
  return template.body === undefined ? null : json(fillJson(template.body, values, template.quotes));
}

function withMail(
  { body }: RequestTemplate,
  mail: NonNullable<RequestTemplate['mail']>,
  values: Values,
): object {
  const [outer = 'raw', inner] = mail.at.split('.');
  const filled = (body === undefined ? {} : fillJson(body, values)) as Record<string, unknown>;
  const encoded = Buffer.from(mailText(mail, values)).toString('base64url');
  if (inner === undefined) return { ...filled, [outer]: encoded };
  return { ...filled, [outer]: { ...(filled[outer] as object | undefined), [inner]: encoded } };
}

function json(value: unknown): { type: string; text: string } {
  return { type: 'application/json', text: JSON.stringify(value) };
}

function unfit(name: string, message: string): Unfit {
  return { kind: 'unfit', name, message };
}
