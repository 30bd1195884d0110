import type { Placement } from '../catalog/definition/auth-definition.ts';
import { placesIn } from '../catalog/requests/template.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import type { CredentialFields } from './authenticator.ts';

/**
 * The request with one placement of a credential on it. What the request carried there before is replaced. A placement whose
 * fields were all left empty (an organization's id that most people do without) is not made.
 */
export function place(
  request: OutboundRequest,
  placement: Placement,
  fields: CredentialFields,
  basePath: string,
): OutboundRequest {
  const value = fill(placement.value, fields);
  if (isLeftEmpty(placement.value, fields)) return request;
  switch (placement.in) {
    case 'header':
      return setHeader(request, placement.name, value);
    case 'query':
      return setQueryParameter(request, placement.name, value);
    case 'path':
      return prefixPath(request, basePath, value);
    case 'body':
      return setMember(request, placement.name, value);
  }
}

function isLeftEmpty(template: string, fields: CredentialFields): boolean {
  const values = fields.reveal();
  const places = placesIn(template);
  return places.length > 0 && places.every((name) => !Object.hasOwn(values, name) || values[name] === '');
}

/** `{name}` places filled once: what a field contains is never read as a template. */
export function fill(template: string, fields: CredentialFields): string {
  const values = fields.reveal();
  return template.replace(/\{([a-z][a-z0-9_]*)\}/g, (_, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : '',
  );
}

/** One header line of that name, whatever case the caller wrote it in. */
export function setHeader(request: OutboundRequest, name: string, value: string): OutboundRequest {
  const wanted = name.toLowerCase();
  const others = Object.entries(request.headers).filter(([present]) => present.toLowerCase() !== wanted);
  return { ...request, headers: { ...Object.fromEntries(others), [wanted]: value } };
}

/**
 * One parameter of that name. The other parameters keep their bytes: a parser would turn `%20` into `+`, which
 * breaks providers that sign or compare the query.
 */
function setQueryParameter(request: OutboundRequest, name: string, value: string): OutboundRequest {
  const [withoutFragment = ''] = request.url.split('#', 1);
  const mark = withoutFragment.indexOf('?');
  const address = mark === -1 ? withoutFragment : withoutFragment.slice(0, mark);
  const query = mark === -1 ? '' : withoutFragment.slice(mark + 1);
  const kept = query.split('&').filter((pair) => pair !== '' && parameterName(pair) !== name);
  const ours = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  return { ...request, url: `${address}?${[...kept, ours].join('&')}` };
}

function parameterName(pair: string): string {
  const name = new URLSearchParams(pair).keys().next().value;
  return name ?? '';
}

/** `/bot<token>/getMe`: the value stands between the base URL's own path and the request's. */
function prefixPath(request: OutboundRequest, basePath: string, value: string): OutboundRequest {
  const start = request.url.indexOf('/', request.url.indexOf('//') + 2);
  const origin = start === -1 ? request.url : request.url.slice(0, start);
  const path = start === -1 ? '' : request.url.slice(start);
  const base = basePath.replace(/\/+$/, '');
  const rest = path.startsWith(base) ? path.slice(base.length) : path;
  const segments = value.replace(/^\/+|\/+$/g, '').split('/');
  const prefix = segments.map((segment) => encodeURIComponent(segment).replaceAll('%3A', ':')).join('/');
  return { ...request, url: `${origin}${base}/${prefix}${rest}` };
}

/**
 * One member of that name in a body that is a JSON object or a form; no body becomes an object. A GET stays without, and a body of another
 * kind as it is: the provider then says that the key is missing.
 */
function setMember(request: OutboundRequest, name: string, value: string): OutboundRequest {
  if (request.method === 'GET' || request.method === 'HEAD') return request;
  const type = request.headers['content-type'] ?? '';
  const text = request.body === undefined ? '' : Buffer.from(request.body).toString('utf8');
  if (type.includes('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(text);
    for (const other of [...form.keys()]) if (other.toLowerCase() === name.toLowerCase()) form.delete(other);
    form.append(name, value);
    return { ...request, body: form.toString() };
  }
  const given = text.trim() === '' ? {} : jsonObject(text);
  if (given === null) return request;
  const headers = { ...request.headers, 'content-type': type === '' ? 'application/json' : type };
  return { ...request, headers, body: withMember(text, given, name, value) };
}

/**
 * What else is there stays as it is written: a number may have more digits than we can count with. Readers that do not look at
 * the case of names take the last one.
 */
function withMember(text: string, given: object, name: string, value: string): string {
  const others = Object.entries(given).filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  if (others.length < Object.keys(given).length)
    return JSON.stringify({ ...Object.fromEntries(others), [name]: value });
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return others.length === 0 ? `{${member}}` : `${text.trim().slice(0, -1)},${member}}`;
}

function jsonObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
