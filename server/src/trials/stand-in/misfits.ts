import { headerOf } from '../../catalog/answers/header.ts';
import type { RequestTemplate } from '../../catalog/definition/request-template.ts';
import type { Definition } from '../../catalog/definition.ts';
import { placesIn } from '../../catalog/requests/template.ts';
import type { Arrived } from './stand-in.ts';

/** Whether a request carries the credential where it must. */
export interface Carries {
  misfit(arrived: Arrived): string | null;
  /** Parameters of the address, or members of the body, that belong to it. */
  parameters: readonly string[];
  /** What stands between the base address and the path of every request, as it is sent. */
  pathPrefix: string;
}

/**
 * Why a request is not the one a template describes, looked at from the other side: the method, the address with its places
 * filled, every fixed parameter, header and member of the body; null where it is that one.
 */
export function templateMisfit(
  base: string,
  template: RequestTemplate,
  defaultHeaders: Definition['defaultHeaders'],
  carries: Carries,
): (arrived: Arrived) => string | null {
  const at = new URL(base);
  const path = pathPattern(`${at.pathname.replace(/\/$/, '')}${carries.pathPrefix}`, template.path);
  return (arrived) => {
    const { method, url } = arrived;
    if (method !== template.method) return `${template.method} was described`;
    if (url.host !== at.host) return `the host is ${at.host}`;
    if (!path.test(url.pathname)) return `the path is ${template.path || '/'}`;
    return (
      parametersMisfit(template, url.searchParams, carries.parameters) ??
      headersMisfit({ ...defaultHeaders, ...template.headers }, arrived) ??
      bodyMisfit(template, arrived, carries.parameters) ??
      carries.misfit(arrived)
    );
  };
}

function pathPattern(prefix: string, path: string): RegExp {
  const filled = path
    .split(/(\{[a-z][a-z0-9_]*\})/)
    .map((part) => (part.startsWith('{') ? '[^/]+' : literal(part)))
    .join('');
  return new RegExp(`^${escapeExpression(prefix)}${filled}/?$`);
}

/** As a URL writes it: what a template has as it stands may be percent-encoded on the way. */
function literal(part: string): string {
  const written = new URL(`https://x/${part}`).pathname.slice(1);
  return escapeExpression(written);
}

function escapeExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function parametersMisfit(
  { query }: RequestTemplate,
  sent: URLSearchParams,
  ofCredential: readonly string[],
): string | null {
  for (const [name, value] of Object.entries(query)) {
    if (placesIn(value).length === 0 && value !== '' && sent.get(name) !== String(value))
      return `the parameter ${name} must be ${value}`;
  }
  const unknown = [...sent.keys()].find(
    (name) => !Object.hasOwn(query, name) && !ofCredential.includes(name),
  );
  return unknown === undefined ? null : `the parameter ${unknown} is not described`;
}

function headersMisfit(
  described: Readonly<Record<string, string | number | boolean>>,
  { headers }: Arrived,
): string | null {
  for (const [name, value] of Object.entries(described)) {
    if (placesIn(value).length === 0 && headerOf(headers, name) !== String(value))
      return `the header ${name} must be ${value}`;
  }
  return null;
}

function bodyMisfit(
  { body, form, graphql, mail }: RequestTemplate,
  arrived: Arrived,
  ofCredential: readonly string[],
): string | null {
  if (mail !== undefined) return parsed(arrived.body) === undefined ? 'the body is no JSON' : null;
  if (form !== undefined) {
    const sent = new URLSearchParams(arrived.body);
    return parametersMisfit({ query: form } as RequestTemplate, sent, ofCredential);
  }
  if (body === undefined && graphql === undefined)
    return arrived.body === '' || ofCredential.length > 0 ? null : 'no body is described';
  const sent = parsed(arrived.body);
  if (sent === undefined) return 'the body is no JSON';
  if (graphql !== undefined)
    return (sent as { query?: unknown }).query === graphql.query ? null : 'the query is another one';
  return fixedPartsMisfit(body, sent, 'the body');
}

/** Everything without places stands there as it is written. */
function fixedPartsMisfit(template: unknown, sent: unknown, where: string): string | null {
  if (template !== null && typeof template === 'object') {
    if (placesIn(template).length > 0 && (sent === undefined || sent === null)) return null;
    if (sent === null || typeof sent !== 'object') return `${where} is something else`;
    if (Array.isArray(template)) return null;
    for (const [name, inner] of Object.entries(template)) {
      const misfit = fixedPartsMisfit(inner, (sent as Record<string, unknown>)[name], `${where}.${name}`);
      if (misfit !== null) return misfit;
    }
    return null;
  }
  return placesIn(template).length > 0 || template === sent ? null : `${where} must be ${String(template)}`;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
