import { z } from 'zod';

/** How requests of an integration that a workspace describes authenticate: part of `customDefinition`. */

const headerName = z.string().max(200);
const address = z.string().trim().min(1).max(500);
const label = z.string().trim().min(1).max(80);

const headerAuth = z.strictObject({
  type: z.literal('header'),
  headers: z
    .array(
      z.strictObject({
        name: headerName,
        label: label.default('API key'),
        prefix: z.string().max(100).default('').describe('Stands before the secret: "Token ".'),
      }),
    )
    .min(1)
    .max(5)
    .describe(
      'Each one carries a secret of its own. The first is entered as `api_key`, others as `api_key_2`, …',
    ),
});
const queryAuth = z.strictObject({
  type: z.literal('query'),
  parameters: z
    .array(z.strictObject({ name: z.string().min(1).max(80), label: label.default('API key') }))
    .min(1)
    .max(5)
    .describe('Entered as `api_key`, `api_key_2`, …'),
});
const bearerAuth = z.strictObject({
  type: z.literal('bearer'),
  label: label.default('Token').describe('Entered as `token`; sent as "Authorization: Bearer …".'),
});
const basicAuth = z.strictObject({
  type: z.literal('basic'),
  is_username_secret: z
    .boolean()
    .default(false)
    .describe('The key is the user name: hidden like a password, which may then be left empty.'),
  username_label: label.default('User name').describe('Entered as `username`.'),
  password_label: label.default('Password').describe('Entered as `password`.'),
});
const scopes = z.array(z.string().min(1).max(300)).max(100).default([]);
const scopeSeparator = z.string().min(1).max(3).default(' ');
export const oauth2Auth = z.strictObject({
  type: z.literal('oauth2'),
  authorize_url: address.describe('Where a person signs in.'),
  token_url: address,
  refresh_url: address.nullable().default(null).describe('Where refreshing has another address.'),
  revoke_url: address.nullable().default(null),
  issuer: address
    .nullable()
    .default(null)
    .describe('What `iss` in the callback must be, where the server sends it (RFC 9207).'),
  is_issuer_sent: z
    .boolean()
    .default(false)
    .describe('The server always sends `iss`: a callback without it is refused.'),
  scopes,
  scope_separator: scopeSeparator,
  pkce: z.boolean().default(true),
  token_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic', 'none'])
    .default('client_secret_post')
    .describe('How client id and secret are sent to the token address.'),
  authorize_params: z.record(z.string().min(1).max(100), z.string().max(1_000)).default({}),
  token_params: z.record(z.string().min(1).max(100), z.string().max(1_000)).default({}),
});
const clientCredentialsAuth = z.strictObject({
  type: z.literal('oauth2_client_credentials'),
  token_url: address,
  scopes,
  scope_separator: scopeSeparator,
  token_auth_method: z.enum(['client_secret_post', 'client_secret_basic']).default('client_secret_basic'),
  token_params: z.record(z.string().min(1).max(100), z.string().max(1_000)).default({}),
});
/** Signs a JWT: all but the first and the last one. */
export const customServiceAccountKind = z
  .enum([
    'google_service_account',
    'jwt_bearer',
    'client_assertion',
    'self_signed',
    'jwt_exchange',
    'aws_access_key',
  ])
  .describe(
    'google_service_account: a JSON key buys tokens. jwt_bearer: a signed JWT buys a token (RFC 7523 §2.1). client_assertion: client credentials where a signed JWT stands for the secret (§2.2, private_key_jwt). self_signed: the signed JWT is itself the bearer token. jwt_exchange: the signed JWT is the bearer of a POST whose answer is the token. aws_access_key: every request is signed (Signature V4).',
  );
const serviceAccountAuth = z.strictObject({
  type: z.literal('service_account'),
  kind: customServiceAccountKind.default('jwt_bearer'),
  token_url: address
    .nullable()
    .default(null)
    .describe(
      "Needed for jwt_bearer, client_assertion and jwt_exchange; Google's where it is left out. None for the others.",
    ),
  audience: z
    .string()
    .max(500)
    .default('')
    .describe(
      'Whom the JWT is for; empty: the token address, or nobody with self_signed and jwt_exchange. google_service_account: whom an ID token is for, where one is wanted instead of an access token. {client_id}, {subject} and {key_id} stand for what is entered.',
    ),
  algorithm: z
    .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
    .nullable()
    .default(null)
    .describe('Null: by the key.'),
  lifetime_seconds: z.int().min(30).max(3600).default(300).describe('Of the JWT.'),
  issued_back_seconds: z
    .int()
    .min(0)
    .max(300)
    .default(0)
    .describe('It says that it was made so long ago, for servers whose clock is slow.'),
  claims: z
    .record(z.string().min(1).max(100), z.union([z.string().max(1_000), z.number(), z.boolean()]))
    .default({})
    .describe('Further ones; places as in `audience`.'),
  thumbprint: z
    .enum(['none', 'sha256', 'sha1'])
    .default('none')
    .describe('Of a certificate that is then entered with the key: in the header, as x5t#S256 or x5t.'),
  scope_in: z.enum(['claim', 'parameter']).default('parameter').describe('jwt_bearer: where scopes stand.'),
  token_params: z.record(z.string().min(1).max(100), z.string().max(1_000)).default({}),
  token_path: z
    .string()
    .max(200)
    .default('')
    .describe('Where the answer has the token; empty: `access_token`.'),
  service: z.string().max(60).default('').describe('aws_access_key: "execute-api".'),
  region: z.string().max(60).default('').describe('aws_access_key: "eu-central-1".'),
  is_body_signed: z
    .boolean()
    .default(true)
    .describe('aws_access_key: false for storage like S3, where bodies go out as they come.'),
  is_path_escaped_twice: z
    .boolean()
    .default(true)
    .describe('aws_access_key: false for storage like S3, which signs a path as it is sent.'),
  has_role: z
    .boolean()
    .default(false)
    .describe('aws_access_key: a role to take on (AssumeRole) can be entered with the key.'),
  sts_url: address
    .nullable()
    .default(null)
    .describe('Where a role is taken on; null: AWS STS of the region.'),
  scopes,
});
const certificateAuth = z.strictObject({ type: z.literal('certificate') });
const noAuth = z.strictObject({ type: z.literal('none') });

/** How requests authenticate. What is secret is entered with a connection, never here. */
export const customAuth = z.discriminatedUnion('type', [
  headerAuth,
  queryAuth,
  bearerAuth,
  basicAuth,
  oauth2Auth,
  clientCredentialsAuth,
  serviceAccountAuth,
  certificateAuth,
  noAuth,
]);
export type CustomAuth = z.infer<typeof customAuth>;
