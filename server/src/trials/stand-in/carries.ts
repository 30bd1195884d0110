import { headerOf } from '../../catalog/answers/header.ts';
import type { AuthMethod, Placement } from '../../catalog/definition/auth-definition.ts';
import { placesIn } from '../../catalog/requests/template.ts';
import { madeKey } from '../made-keys.ts';
import type { Values } from '../trial.ts';
import { type Carries, parsed } from './misfits.ts';
import type { Arrived } from './stand-in.ts';

/** Where a request must carry the credential, as the file says it; `values` has the token of methods that use one. */
export function carriesOf(method: AuthMethod, values: Values): Carries {
  switch (method.type) {
    case 'none':
    // Shown by the socket, which is another test's to look at.
    case 'certificate':
      return { misfit: () => null, parameters: [], pathPrefix: '' };
    case 'basic':
      return header('authorization', () =>
        basicOf(filled(method.username, values), filled(method.password, values)),
      );
    case 'api_key':
      return placements(method.send, values);
    case 'service_account':
      if (method.kind === 'aws_access_key') return signature(values.access_key_id ?? '');
      return placements(method.send ?? BEARER, values);
    case 'oauth2':
    case 'oauth2_client_credentials':
      return placements(method.send ?? BEARER, values);
  }
}

const BEARER: readonly Placement[] = [
  { in: 'header', name: 'authorization', value: 'Bearer {access_token}' },
];

function placements(all: readonly Placement[], values: Values): Carries {
  // A header all of whose fields were left empty is not sent.
  const sent = all.filter(
    ({ value }) => placesIn(value).length === 0 || placesIn(value).some((name) => values[name]),
  );
  const wanted = sent.map((one) => ({ ...one, value: filled(one.value, values) }));
  const prefix = wanted
    .filter((one) => one.in === 'path')
    .map(
      ({ value }) =>
        `/${value
          .replace(/^\/+|\/+$/g, '')
          .split('/')
          .map(encoded)
          .join('/')}`,
    )
    .join('');
  return {
    parameters: wanted.flatMap((one) => (one.in === 'query' || one.in === 'body' ? [one.name] : [])),
    pathPrefix: prefix,
    misfit: ({ url, headers, body }) => {
      for (const { in: where, name, value } of wanted) {
        const sent =
          where === 'header'
            ? headerOf(headers, name)
            : where === 'body'
              ? memberOf({ headers, body }, name)
              : url.searchParams.get(name);
        if (where !== 'path' && sent !== value)
          return `the ${WORDS[where]} ${name} does not carry the credential as described`;
      }
      return null;
    },
  };
}

const WORDS = { header: 'header', query: 'parameter', body: 'member' };

function memberOf({ headers, body }: Pick<Arrived, 'headers' | 'body'>, name: string): unknown {
  const isForm = headers['content-type']?.includes('application/x-www-form-urlencoded') === true;
  return isForm
    ? new URLSearchParams(body).get(name)
    : (parsed(body) as Record<string, unknown> | undefined)?.[name];
}

function encoded(segment: string): string {
  return encodeURIComponent(segment).replaceAll('%3A', ':');
}

function header(name: string, value: () => string): Carries {
  return {
    parameters: [],
    pathPrefix: '',
    misfit: ({ headers }) =>
      headerOf(headers, name) === value()
        ? null
        : `the header ${name} does not carry the credential as described`,
  };
}

function signature(keyId: string): Carries {
  const begins = `AWS4-HMAC-SHA256 Credential=${keyId}/`;
  const misfit = ({ headers }: Arrived) => {
    const { authorization = '' } = headers;
    const isSigned = authorization.startsWith(begins) && /Signature=[0-9a-f]{64}$/.test(authorization);
    return isSigned ? null : 'it is not signed with the access key (Signature V4)';
  };
  return { parameters: [], pathPrefix: '', misfit };
}

function basicOf(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Written anew on this side, so that a mistake in the engine's own is seen. */
export function filled(template: string, values: Values): string {
  return template
    .split(/(\{[a-z][a-z0-9_]*\})/)
    .map((part) => (/^\{.*\}$/.test(part) ? (values[part.slice(1, -1)] ?? '') : part))
    .join('');
}

/** Whether a JWT was signed with the key that was made up for this method. */
export async function isSignedByUs(jwt: string, algorithm: string | undefined): Promise<boolean> {
  const { jwtVerify } = await import('jose');
  return jwtVerify(jwt, madeKey(algorithm).publicKey).then(
    () => true,
    () => false,
  );
}
