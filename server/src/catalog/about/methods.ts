import type {
  AuthMethod,
  OAuth2Method,
  Placement,
  ServiceAccountMethod,
} from '../definition/auth-definition.ts';
import type { Definition } from '../definition.ts';
import { durationWords } from './durations.ts';

/** How a method works, a sentence each: how the credential travels, how long access lasts, how it is withdrawn. */
export function methodFacts(
  method: AuthMethod,
  { name, connectionFields = [] }: { name: string; connectionFields?: Definition['connectionFields'] },
): string[] {
  switch (method.type) {
    case 'api_key':
      return keyWords(method);
    case 'basic':
      return [basicWords(method, connectionFields)];
    case 'oauth2':
      return signInFacts(method, name);
    case 'oauth2_client_credentials':
      return [
        `Client ID and secret get a token from ${name}${ttlWords(method)}; before it ends, Keyrail gets the next one.`,
      ];
    case 'service_account':
      return serviceAccountFacts(method, name);
    case 'certificate':
      return [`Keyrail shows the certificate to ${name} with each connection it opens (mutual TLS).`];
    case 'none':
      return [];
  }
}

/** Where a check is answered and what it tells; null: the integration offers none. */
export function checkOf(
  definition: Pick<Definition, 'probe' | 'baseUrl'>,
  method: AuthMethod,
): { request: string; note: string | null; tells: ('account' | 'plan' | 'credits' | 'scopes')[] } | null {
  const probe = method.probe ?? definition.probe;
  if (probe === undefined) return null;
  const base = probe.baseUrl ?? method.baseUrl ?? definition.baseUrl;
  const { account, labelRequest } = probe;
  const second = labelRequest?.account;
  const has = (...names: (keyof typeof account)[]) =>
    names.some((one) => account[one] !== undefined || second?.[one] !== undefined);
  const tells = [
    has('label', 'labelWords') && ('account' as const),
    has('plan') && ('plan' as const),
    has('creditsLeft', 'creditsTotal') && ('credits' as const),
    has('scopes') && ('scopes' as const),
  ].filter((one) => one !== false);
  const { method: verb, path } = probe.request;
  const address = `${base.replace(/^https:\/\//, '').replace(/\/+$/, '')}${path}`;
  return { request: `${verb} ${address}`, note: probe.note ?? null, tells };
}

/** What is the same for everybody, such as a version or the kind of key, is no credential. Of several, each by its name. */
function keyWords({ send, fields }: Extract<AuthMethod, { type: 'api_key' }>): string[] {
  return send.flatMap((placement) => {
    const field = fields.find(({ name }) => placement.value.includes(`{${name}}`));
    if (field === undefined && !placement.value.includes('{')) return [];
    return [placementWords(placement, fields.length > 1 ? (field?.label ?? 'The key') : 'The key')];
  });
}

function placementWords({ in: where, name, value }: Placement, what: string): string {
  if (where === 'path')
    return `${what} is part of every address that is called; logs and messages are kept free of it.`;
  if (where === 'body') return `${what} is sent in the body of every call, as ${name}.`;
  if (where === 'query')
    return `${what} is sent in the address of every call, as ${name}; logs and messages are kept free of it.`;
  const prefix = /^([A-Za-z][\w-]*) \{/.exec(value)?.[1];
  return `${what} is sent in the header ${name}${prefix === undefined ? '' : `, after the word ${prefix}`}.`;
}

function basicWords(
  { username, password, fields }: Extract<AuthMethod, { type: 'basic' }>,
  connectionFields: Definition['connectionFields'],
): string {
  const known = [...fields, ...connectionFields];
  const said = (template: string) =>
    template === ''
      ? 'empty'
      : template.replace(
          /\{([a-z][a-z0-9_]*)\}/g,
          (_, name: string) => `[${known.find((field) => field.name === name)?.label ?? name}]`,
        );
  return `Sent as user name and password (HTTP Basic). User name: ${said(username)}; password: ${said(password)}.`;
}

function ttlWords({
  accessTokenTtlSeconds: seconds,
}: {
  accessTokenTtlSeconds?: number | undefined;
}): string {
  return seconds === undefined ? '' : ` that lasts ${durationWords(seconds)}`;
}

function signInFacts(method: OAuth2Method, name: string): string[] {
  const { refreshTokenTtlSeconds: idle } = method;
  return [
    lifeWords(method, name),
    method.refresh === 'rotating' &&
      'Each renewal replaces the refresh token; the new one is stored before it is used, so that none is lost.',
    idle !== undefined &&
      (method.refreshTokenLifetime === 'fixed'
        ? `Access ends ${durationWords(idle)} after signing in; then somebody signs in again.`
        : `${name} ends access that is not renewed for ${durationWords(idle)}; Keyrail renews it before.`),
    method.grantTtlSeconds !== undefined &&
      `Access ends ${durationWords(method.grantTtlSeconds)} after signing in, however often it is renewed; then somebody signs in again.`,
    method.requiresHttps && `Signing in needs an https address of this server: ${name} takes no other.`,
    method.revokeUrl !== undefined
      ? `When a connection is disconnected or deleted, ${name} is told to withdraw its access.`
      : method.removeUrl === undefined
        ? `Keyrail cannot tell ${name} to withdraw access: after deleting a connection, withdraw it in the account there.`
        : `Keyrail cannot tell ${name} to withdraw access: after deleting a connection, withdraw it at ${method.removeUrl.replace(/^https:\/\/|\/$/g, '')}.`,
  ].filter((line) => line !== false);
}

/** Where a file says nothing of renewing, a provider may give a refresh token or not. */
function lifeWords(
  { refresh, refreshTokenForSome, accessTokenTtlSeconds: ttl }: OAuth2Method,
  name: string,
): string {
  if (refresh === undefined || refreshTokenForSome)
    return ttl === undefined
      ? `Where ${name} gives a refresh token, access is renewed by itself.`
      : `Access lasts ${durationWords(ttl)}; where ${name} gives a refresh token, it is renewed by itself.`;
  if (refresh !== 'none')
    return ttl === undefined
      ? 'Access is renewed by itself.'
      : `Access lasts ${durationWords(ttl)} at a time and is renewed by itself.`;
  if (ttl !== undefined) return `Access lasts ${durationWords(ttl)}; then somebody signs in again.`;
  return `Access lasts until ${name} ends it; then somebody signs in again.`;
}

function serviceAccountFacts(method: ServiceAccountMethod, name: string): string[] {
  switch (method.kind) {
    case 'aws_access_key':
      return [
        'Every request is signed with the key (Signature Version 4); the key itself is never sent.',
        ...(method.assumeRole === undefined
          ? []
          : [
              'Where a role is entered, temporary keys of that role sign the calls, and are renewed by themselves.',
            ]),
      ];
    case 'self_signed':
      return ['Keyrail signs short-lived tokens with the private key, which is never sent.'];
    default:
      return [
        `Keyrail signs with the private key, and ${name} gives a token${ttlWords(method)} for that; the key itself is never sent.`,
      ];
  }
}
