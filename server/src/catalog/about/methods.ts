import type {
  AuthMethod,
  OAuth2Method,
  Placement,
  ServiceAccountMethod,
} from '../definition/auth-definition.ts';
import type { Definition } from '../definition.ts';
import { durationWords } from './durations.ts';

/** How a method works, a sentence each: how the credential travels, how long access lasts, how it is withdrawn. */
export function methodFacts(method: AuthMethod, name: string): string[] {
  switch (method.type) {
    case 'api_key':
      return keyWords(method);
    case 'basic':
      return [basicWords(method)];
    case 'oauth2':
      return signInFacts(method, name);
    case 'oauth2_client_credentials':
      return [
        `With client id and secret a token is fetched${ttlWords(method)}; before it ends, the next one is.`,
      ];
    case 'service_account':
      return serviceAccountFacts(method, name);
    case 'certificate':
      return ['The certificate is shown to the other side in each TLS connection (mutual TLS).'];
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
    return `${what} stands in the path of every address; logs and messages are kept free of it.`;
  if (where === 'body') return `${what} goes in the body of every request, as the member ${name}.`;
  if (where === 'query')
    return `${what} stands in the address, as the parameter ${name}; logs and messages are kept free of it.`;
  const prefix = /^([A-Za-z][\w-]*) \{/.exec(value)?.[1];
  return `${what} goes in the header ${name}${prefix === undefined ? '' : `, after the word ${prefix}`}.`;
}

function basicWords({ username, password, fields }: Extract<AuthMethod, { type: 'basic' }>): string {
  const said = (template: string) =>
    template === ''
      ? 'empty'
      : template.replace(
          /\{([a-z][a-z0-9_]*)\}/g,
          (_, name: string) => `[${fields.find((field) => field.name === name)?.label ?? name}]`,
        );
  return `Goes as HTTP Basic authentication; user name: ${said(username)}, password: ${said(password)}.`;
}

function ttlWords({
  accessTokenTtlSeconds: seconds,
}: {
  accessTokenTtlSeconds?: number | undefined;
}): string {
  return seconds === undefined ? '' : `, which lasts ${durationWords(seconds)}`;
}

function signInFacts(method: OAuth2Method, name: string): string[] {
  const { refreshTokenTtlSeconds: idle } = method;
  return [
    lifeWords(method, name),
    method.refresh === 'rotating' &&
      'Each renewal gives a new refresh token and ends the old one; the new one is stored before it is used.',
    idle !== undefined &&
      (method.refreshTokenLifetime === 'fixed'
        ? `${durationWords(idle)} after signing in access ends, and people sign in again.`
        : `Left alone for ${durationWords(idle)} access ends; it is renewed before.`),
    method.grantTtlSeconds !== undefined &&
      `${durationWords(method.grantTtlSeconds)} after signing in access ends whatever is done, and people sign in again.`,
    method.requiresHttps && `${name} sends people back to https addresses only.`,
    method.revokeUrl !== undefined
      ? `When a connection is disconnected or deleted, ${name} is told to withdraw its access.`
      : method.removeUrl === undefined
        ? `Keyrail cannot tell ${name} to withdraw access: after deleting a connection, withdraw it in the account there.`
        : `Keyrail cannot tell ${name} to withdraw access: after deleting a connection, withdraw it at ${method.removeUrl}.`,
  ].filter((line) => line !== false);
}

/** Where a file says nothing of renewing, a provider may give a refresh token or not. */
function lifeWords({ refresh, accessTokenTtlSeconds: ttl }: OAuth2Method, name: string): string {
  const lasts = ttl === undefined ? '' : ` lasts ${durationWords(ttl)} and`;
  if (refresh === undefined) return `Where ${name} gives a refresh token, access is renewed by itself.`;
  if (refresh !== 'none') return `An access token${lasts} is renewed by itself.`;
  if (ttl !== undefined) return `Access lasts ${durationWords(ttl)}; then people sign in again.`;
  return `Access lasts until ${name} ends it; there is nothing to renew, and people sign in again.`;
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
      return ['A short-lived token is signed here with the private key, which is never sent.'];
    default:
      return [
        `What is signed here with the private key buys a token of ${name}${ttlWords(method)}; the key itself is never sent.`,
      ];
  }
}
