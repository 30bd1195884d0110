import { type ClientAuth, ClientSecretBasic, ClientSecretPost, None } from 'oauth4webapi';
import { fillText } from '../catalog/requests/template.ts';
import type { Secret } from '../lib/secret.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import type { Grant, TokenAsk } from './token-endpoint.ts';

/** The request without anything secret in it, and the secrets that belong into it. */
export function tokenRequest({ url, endpoint, grant }: TokenAsk): {
  request: OutboundRequest;
  secrets: Secret<string>[];
} {
  const address = withQuery(url, new URLSearchParams({ ...endpoint.tokenQuery }));
  const headers = {
    accept: 'application/json',
    'content-type':
      endpoint.tokenRequestBody === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    ...lowerCase(endpoint.tokenHeaders),
  };
  const method = isByAddress(grant) ? 'GET' : 'POST';
  return { request: { method, url: address, headers }, secrets: secretsOf(grant) };
}

function isByAddress(grant: Grant): boolean {
  return grant.kind === 'refresh_token' && grant.httpMethod === 'GET';
}

function withQuery(url: string, query: URLSearchParams): string {
  if (query.size === 0) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

/** Body and client authentication as a credential, so that the engine takes them out of every text of the answer. */
export function signedTokenRequest(ask: TokenAsk, grantSecrets: readonly Secret<string>[]): CredentialSource {
  const secrets = [...grantSecrets, ...(ask.client?.secret ? [ask.client.secret] : [])];
  return literalCredential({ version: 1, apply: (request) => complete(ask, request), secrets });
}

function complete(ask: TokenAsk, request: OutboundRequest): OutboundRequest {
  const body = new URLSearchParams(parametersOf(ask.grant));
  const values = ask.values?.reveal() ?? {};
  const ofRefresh = ask.grant.kind === 'refresh_token' ? ask.grant.params : {};
  for (const [name, template] of Object.entries(ask.endpoint.tokenParams)) {
    const value = fillText(template, values);
    if (value !== null && !Object.hasOwn(ofRefresh, name)) body.set(name, value);
  }
  const whole = withBearer(addClient(request, ask, body), ask.grant);
  if (!isByAddress(ask.grant)) return whole;
  const { 'content-type': _, ...headers } = whole.headers;
  return { method: whole.method, url: withQuery(whole.url, body), headers };
}

function withBearer(request: OutboundRequest, grant: Grant): OutboundRequest {
  if (grant.kind !== 'signed_bearer') return request;
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${grant.assertion.reveal()}` } };
}

/** The request with this body, in the form its endpoint reads, and with who asks. */
export function addClient(
  request: OutboundRequest,
  { endpoint, client }: Asking,
  body: URLSearchParams,
): OutboundRequest {
  const headers = new Headers();
  // RFC 6749 §2.3.1: id and secret are form-encoded before Basic, which the library does.
  if (client !== null)
    clientAuth({ endpoint, client })({ issuer: '' }, { client_id: client.id }, body, headers);
  const name = endpoint.clientIdParam ?? 'client_id';
  const id = body.get('client_id');
  if (id !== null && name !== 'client_id') {
    body.delete('client_id');
    body.set(name, id);
  }
  const text =
    endpoint.tokenRequestBody === 'json' ? JSON.stringify(Object.fromEntries(body)) : body.toString();
  return { ...request, headers: { ...request.headers, ...Object.fromEntries(headers) }, body: text };
}

interface Asking extends Pick<TokenAsk, 'client'> {
  endpoint: Pick<TokenAsk['endpoint'], 'tokenRequestBody' | 'tokenAuthMethod' | 'clientIdParam'>;
}

function clientAuth({ endpoint, client }: Asking): ClientAuth {
  const secret = client?.secret?.reveal();
  if (endpoint.tokenAuthMethod === 'none' || secret === undefined || secret === '') return None();
  return endpoint.tokenAuthMethod === 'client_secret_basic'
    ? ClientSecretBasic(secret)
    : ClientSecretPost(secret);
}

function parametersOf(grant: Grant): Record<string, string> {
  switch (grant.kind) {
    case 'authorization_code':
      return {
        grant_type: 'authorization_code',
        code: grant.code.reveal(),
        redirect_uri: grant.redirectUri,
        ...(grant.codeVerifier !== null && { code_verifier: grant.codeVerifier.reveal() }),
      };
    case 'refresh_token':
      return {
        grant_type: grant.grantType ?? 'refresh_token',
        [grant.tokenParam ?? 'refresh_token']: grant.refreshToken.reveal(),
        ...grant.params,
      };
    case 'client_credentials':
      return {
        grant_type: 'client_credentials',
        ...(grant.scope !== '' && { scope: grant.scope }),
        ...(grant.assertion && {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: grant.assertion.reveal(),
        }),
      };
    case 'signed_bearer':
      return {};
    case 'jwt_bearer':
      return {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: grant.assertion.reveal(),
        ...(grant.scope !== '' && { scope: grant.scope }),
      };
  }
}

function secretsOf(grant: Grant): Secret<string>[] {
  switch (grant.kind) {
    case 'authorization_code':
      return [grant.code, ...(grant.codeVerifier === null ? [] : [grant.codeVerifier])];
    case 'refresh_token':
      return [grant.refreshToken];
    case 'client_credentials':
      return grant.assertion ? [grant.assertion] : [];
    case 'signed_bearer':
    case 'jwt_bearer':
      return [grant.assertion];
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
