import { z } from 'zod';
import {
  fields,
  methodBase,
  placementSchema,
  scopes,
  tokenEndpoint,
  tokenPlacement,
  urlSchema,
  urlTemplateSchema,
} from './method-parts.ts';
import { serviceAccountSchema } from './service-account-definition.ts';
import { nameSchema, pathSchema, proseSchema, shape, templateSchema } from './shape.ts';

export type { KeyHelp, Placement, Scope } from './method-parts.ts';

const apiKeySchema = shape({
  type: z.literal('api_key').describe('A key or token that people copy from the tool.'),
  ...methodBase,
  fields,
  send: z.array(placementSchema).min(1).describe('Where the key goes in each request.'),
});
const basicSchema = shape({
  type: z.literal('basic').describe('HTTP Basic authentication.'),
  ...methodBase,
  fields,
  username: templateSchema.describe('Such as "{email}/token", "api", or empty.'),
  password: templateSchema.describe('Such as "{api_key}", "X", or empty.'),
});
const oauth2Schema = shape({
  type: z.literal('oauth2').describe('People sign in at the tool and allow what is asked for.'),
  ...methodBase,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  register_url: urlSchema.optional().describe('Where the one-time sign-in setup is registered.'),
  setup_note: proseSchema.optional().describe('What to choose there.'),
  requires_https: z
    .boolean()
    .default(false)
    .describe('The provider takes no redirect URI that starts with http://, not even of this machine.'),
  authorize_url: urlTemplateSchema.describe('{name} stands for a connection field.'),
  issuer: urlSchema.optional().describe('What `iss` in the callback must be, where the provider sends it.'),
  issuer_required: z
    .boolean()
    .default(false)
    .describe('The provider always sends `iss` (RFC 9207), so a callback without it is refused.'),
  optional_scope_param: z
    .string()
    .optional()
    .describe('Where optional scopes travel apart from the others. Left out: with them.'),
  refresh_url: urlTemplateSchema.optional().describe('Where refreshing has another address.'),
  refresh_params: z
    .record(z.string(), z.string())
    .default({})
    .describe('{redirect_uri} stands for the one the person signed in with.'),
  revoke_url: urlTemplateSchema
    .optional()
    .describe(
      '{client_id} stands for the client id, {token} for the token (where it travels in the address); else as above.',
    ),
  revoke_request: z
    .enum(['form', 'json', 'bearer'])
    .default('form')
    .describe(
      'form: RFC 7009. json: the same as JSON. bearer: without a body, with the token to revoke in the Authorization header.',
    ),
  revoke_token: z
    .enum(['refresh_token', 'access_token'])
    .default('refresh_token')
    .describe('Which ends the grant; the access token goes where there is no refresh token.'),
  revoke_method: z.enum(['POST', 'DELETE']).default('POST').describe('How revoke_url is called.'),
  revoke_token_param: z
    .string()
    .default('token')
    .describe('What the token is called in the body; empty: it does not stand there.'),
  revoke_auth: z
    .enum(['client_secret_post', 'client_secret_basic', 'none'])
    .optional()
    .describe('Left out: as at token_url.'),
  revoke_params: z
    .record(z.string(), z.string())
    .default({})
    .describe('Sent besides, in the body. Places: {client_id}, {client_secret}, {token}, {account_id}.'),
  revoke_headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Sent besides, with the same places: Authorization: "Client {client_secret}".'),
  revoke_gone_statuses: z
    .array(z.int().min(400).max(499))
    .default([])
    .describe('Answers that mean that the token was no good any more, beside the codes of token_errors.'),
  revoke_ends: z
    .enum(['account', 'sign_in'])
    .default('account')
    .describe(
      'account: it may end all access of the account to this client, so it waits until no other connection is of that account. sign_in: it ends what this one sign-in gave.',
    ),
  remove_url: urlSchema
    .optional()
    .describe('The page on which a person withdraws the access themselves, in the account of the tool.'),
  pkce: z.boolean().default(true).describe('false: only where the provider refuses it.'),
  token_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic', 'none'])
    .default('client_secret_post')
    .describe('How client id and secret are sent: in the body, as HTTP Basic, or the id alone.'),
  refresh: z
    .enum(['static', 'rotating', 'exchange', 'none'])
    .optional()
    .describe(
      'static: the refresh token stays. none: there is none, and people sign in again. rotating: each refresh gives a new refresh token and ends the old one. exchange: there is none; before it ends, the access token itself is given for the next one.',
    ),
  refresh_token_for_some: z
    .boolean()
    .default(false)
    .describe('Not every app is given a refresh token; people of the others sign in again.'),
  refresh_grace_seconds: z
    .int()
    .positive()
    .optional()
    .describe('How long a rotated refresh token is still taken, where that is documented.'),
  refresh_token_ttl_seconds: z
    .int()
    .positive()
    .optional()
    .describe('How long a refresh token lives, where the answer does not say.'),
  refresh_token_lifetime: z
    .enum(['sliding', 'fixed', 'fixed_where_said'])
    .default('sliding')
    .describe(
      'sliding: each use, or each new one, begins it anew. fixed: it counts from the sign-in. fixed_where_said: what an answer names does, what stands here is for disuse.',
    ),
  grant_ttl_seconds: z
    .int()
    .positive()
    .optional()
    .describe('So long after signing in the grant ends whatever is done, where that is documented.'),
  account_choice: shape({
    label: z.string().min(1).max(60).describe('What is chosen: "Jira site".'),
    field: nameSchema.describe('The connection field that gets the value.'),
    url: urlTemplateSchema.describe('Asked with the new token, by GET, at a host of this integration.'),
    items: pathSchema
      .optional()
      .describe('Where the list stands; left out: the answer is the list, or the one account there is.'),
    value: pathSchema.describe('In an item: what the field gets.'),
    name: pathSchema.describe('In an item: what people see.'),
    where: z
      .record(z.string(), z.string())
      .default({})
      .describe('Members that an item must have with this value.'),
  })
    .optional()
    .describe('Where one sign-in reaches several accounts: which one the connection is for.'),
  authorize_params: z
    .record(z.string(), z.string())
    .default({})
    .describe('Further parameters of the page on which people sign in: { access_type: offline }.'),
  pkce_digest: z
    .enum(['base64url', 'hex'])
    .default('base64url')
    .describe('How the digest of PKCE is written; RFC 7636 knows base64url alone.'),
  granted_scopes_param: z
    .string()
    .optional()
    .describe('Where the callback lists what was allowed, while the token answer does not.'),
  refresh_grant: z.string().optional().describe('The grant_type of a refresh. Left out: refresh_token.'),
  refresh_token_param: z
    .string()
    .default('refresh_token')
    .describe('What the token that is given for the next one is called there.'),
  refresh_method: z
    .enum(['POST', 'GET'])
    .default('POST')
    .describe('GET: what a refresh says stands in the address, where nothing else is taken.'),
  callback_match: z
    .record(z.string(), urlTemplateSchema)
    .default({})
    .describe(
      'Parameters of the callback that must have this value, {name} standing for a connection field: such as the address of the region. Another value is another region, and the code is sent nowhere; one that is not sent at all is no matter.',
    ),
  granted_scope_prefix: z
    .string()
    .min(1)
    .optional()
    .describe('What may stand before the names of granted scopes, while they are asked for without it.'),
});
const clientCredentialsSchema = shape({
  type: z
    .literal('oauth2_client_credentials')
    .describe('A client id and secret that people enter buy a token; nobody signs in.'),
  ...methodBase,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  fields: fields.describe(
    'client_id and client_secret; what else stands here goes where `token_params` says.',
  ),
  token_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic'])
    .default('client_secret_basic')
    .describe('How client id and secret are sent: in the body, or as HTTP Basic.'),
});
/** Fields `certificate`, `private_key` (PEM) and, as needed, `passphrase` and `authority` (of the server, beside the public ones). */
const certificateSchema = shape({
  type: z.literal('certificate').describe('A client certificate (mutual TLS).'),
  ...methodBase,
  fields,
});
const noneSchema = shape({
  type: z.literal('none').describe('Nothing is sent: the tool is open to everybody.'),
  ...methodBase,
});

/** One way an integration authenticates. */
export const authMethodSchema = z.discriminatedUnion('type', [
  apiKeySchema,
  basicSchema,
  oauth2Schema,
  clientCredentialsSchema,
  serviceAccountSchema,
  certificateSchema,
  noneSchema,
]);

export type OAuth2Method = Extract<AuthMethod, { type: 'oauth2' }>;
export type ClientCredentialsMethod = Extract<AuthMethod, { type: 'oauth2_client_credentials' }>;
export type AuthMethod = z.output<typeof authMethodSchema>;
export type ApiKeyMethod = Extract<AuthMethod, { type: 'api_key' }>;
export type BasicMethod = Extract<AuthMethod, { type: 'basic' }>;
export type ServiceAccountMethod = Extract<AuthMethod, { type: 'service_account' }>;
export type GoogleServiceAccountMethod = Extract<ServiceAccountMethod, { kind: 'google_service_account' }>;
export type AwsAccessKeyMethod = Extract<ServiceAccountMethod, { kind: 'aws_access_key' }>;
export type JwtBearerMethod = Extract<ServiceAccountMethod, { kind: 'jwt_bearer' }>;
export type ClientAssertionMethod = Extract<ServiceAccountMethod, { kind: 'client_assertion' }>;
export type SelfSignedMethod = Extract<ServiceAccountMethod, { kind: 'self_signed' }>;
export type JwtExchangeMethod = Extract<ServiceAccountMethod, { kind: 'jwt_exchange' }>;
/** Kinds that sign a JWT of what was entered; `assertion` says what is in it. */
export type SigningMethod = JwtBearerMethod | ClientAssertionMethod | SelfSignedMethod | JwtExchangeMethod;
