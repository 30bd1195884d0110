import { fillText } from '../catalog/requests/template.ts';
import type { Secret } from '../lib/secret.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import { filledAddress } from './addresses.ts';
import { type Revocation, tokenToRevoke } from './revocation.ts';
import { addClient } from './token-request.ts';

/** Stands in the address until the engine puts the secrets on: no address with a token in it is seen before. */
const TOKEN_IN_ADDRESS = 'the-token-to-revoke';

/** The request without anything secret in it, and what puts the secrets on; null: no address can be made. */
export function revocationRequest(
  of: Revocation,
): { request: OutboundRequest; credential: CredentialSource } | null {
  const { method, integration, fields, client } = of;
  const template = addressTemplate(method.revokeUrl, client.id);
  const url = template === null ? null : filledAddress(integration, template, fields);
  if (url === null) return null;
  const request = {
    method: method.revokeMethod,
    url,
    headers: {
      accept: 'application/json',
      ...contentType(method.revokeRequest),
      ...lowerCase(method.tokenHeaders),
    },
  };
  const { token } = tokenToRevoke(of);
  const secrets = [token, of.accessToken, of.refreshToken, client.secret].filter((one) => one !== null);
  const apply = (sent: OutboundRequest) => signed(of, token, sent);
  return { request, credential: literalCredential({ version: 1, apply, secrets }) };
}

/** A client id becomes one step of a path, and never another path. */
function addressTemplate(revokeUrl: string | undefined, clientId: string): string | null {
  if (revokeUrl === undefined) return null;
  const id = encodeURIComponent(clientId);
  if (revokeUrl.includes('{client_id}') && /^\.*$/.test(id)) return null;
  return revokeUrl.replaceAll('{client_id}', () => id).replaceAll('{token}', TOKEN_IN_ADDRESS);
}

function contentType(request: Revocation['method']['revokeRequest']): Record<string, string> {
  if (request === 'bearer') return {};
  return { 'content-type': request === 'json' ? 'application/json' : 'application/x-www-form-urlencoded' };
}

function signed(of: Revocation, token: Secret<string>, request: OutboundRequest): OutboundRequest {
  const { method, client } = of;
  const values = {
    client_id: client.id,
    client_secret: client.secret?.reveal(),
    token: token.reveal(),
    account_id: of.accountId,
  };
  const url = request.url.replaceAll(TOKEN_IN_ADDRESS, () => encodeURIComponent(values.token));
  const added = lowerCase(filled(method.revokeHeaders, values));
  if (method.revokeRequest === 'bearer') {
    const headers = { ...request.headers, authorization: `Bearer ${values.token}`, ...added };
    return { ...request, url, headers };
  }
  const body = new URLSearchParams();
  if (method.revokeTokenParam !== '') body.set(method.revokeTokenParam, values.token);
  const isPlain = method.revokeTokenParam === 'token' && method.revokeRequest === 'form';
  if (isPlain) body.set('token_type_hint', tokenToRevoke(of).kind);
  for (const [name, value] of Object.entries(filled(method.revokeParams, values))) body.set(name, value);
  const endpoint = {
    ...method,
    tokenRequestBody: method.revokeRequest,
    tokenAuthMethod: method.revokeAuth ?? method.tokenAuthMethod,
  };
  const isKnown = endpoint.tokenAuthMethod !== 'none' || method.revokeAuth === undefined;
  const whole = addClient({ ...request, url }, { endpoint, client: isKnown ? client : null }, body);
  return { ...whole, headers: { ...whole.headers, ...added } };
}

/** A value nobody knows is not sent. */
function filled(
  templates: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).flatMap(([name, template]) => {
      const text = fillText(template, values);
      return text === null ? [] : [[name, text] as const];
    }),
  );
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
