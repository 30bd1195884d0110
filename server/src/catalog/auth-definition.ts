import { z } from 'zod';
import { credentialFieldSchema } from './field-definition.ts';
import { probeSchema } from './probe-definition.ts';
import { nameSchema, pathSchema, proseSchema, shape, templateSchema } from './shape.ts';

const urlSchema = z.url({ protocol: /^https?$/ });
const urlTemplateSchema = z.string().regex(/^https?:\/\//, 'start with https://');

/** Where a credential goes in every request. `value` holds `{name}` places for this method's fields. */
const placementSchema = shape({
  in: z.enum(['header', 'query', 'path']).describe('path: put before the path of every request.'),
  name: z.string().max(80).default('').describe('Header or parameter; empty for path.'),
  value: templateSchema.min(1),
});

const keyHelpSchema = shape({
  location: z
    .string()
    .min(1)
    .max(200)
    .describe('Where in the dashboard the key is found: "Settings > API keys".'),
  hint: proseSchema
    .optional()
    .describe('The finer way, where the dashboard differs or something must be chosen.'),
  url: urlSchema.optional(),
});

const methodBase = {
  id: nameSchema.optional().describe('Needed where an integration has two methods of one type.'),
  label: z.string().min(1).max(80).optional(),
  key_help: keyHelpSchema.optional(),
  base_url: urlTemplateSchema
    .optional()
    .describe('Where this method uses another address than the integration.'),
  probe: probeSchema.optional().describe('Where this method is checked by another request.'),
  note: proseSchema.optional().describe('When to use this method, in a sentence.'),
  rotation_help: proseSchema
    .optional()
    .describe('How a new credential is made beside the old one, and how the old one is withdrawn.'),
};

const fields = z.array(credentialFieldSchema).min(1);

/** A permission that is asked for: its name, or what it allows and whether one may do without. */
const scopeSchema = z.union([
  z
    .string()
    .min(1)
    .max(300)
    .transform((name) => ({ name, description: undefined, optional: false, impliedBy: [] as string[] })),
  shape({
    name: z.string().min(1).max(300),
    description: z.string().min(1).max(160).optional().describe('What it allows, for people.'),
    optional: z.boolean().default(false).describe('Asked for only where the person ticks it.'),
    implied_by: z
      .array(z.string().min(1).max(300))
      .default([])
      .describe(
        'Scopes that hold this one: where one of them was granted, this one was, whatever is listed.',
      ),
  }),
]);
const scopes = { scopes: z.array(scopeSchema).default([]), scope_separator: z.string().default(' ') };
const tokenPlacement = {
  send: z
    .array(placementSchema)
    .min(1)
    .optional()
    .describe('Left out: "Authorization: Bearer {access_token}".'),
};

const tokenErrorMeaning = z
  .enum(['expired', 'revoked', 'rejected', 'setup_rejected', 'rate_limited', 'provider_error', 'none'])
  .describe(
    'expired, revoked, rejected: only signing in again helps. setup_rejected: client id or secret is wrong. none: a code that says "all is well".',
  );

/**
 * What is particular about a token endpoint. In every file alike and not said here: `invalid_grant` ends the grant,
 * `invalid_client` and `unauthorized_client` reject the setup; an answer 200 with an error or without a token is a failure;
 * a missing, text or negative `expires_in` is "not known"; scopes come as a text or a list.
 */
const tokenEndpoint = {
  token_url: urlTemplateSchema.describe('{name} stands for a connection field.'),
  token_request_body: z.enum(['form', 'json']).default('form'),
  token_params: z.record(z.string(), z.string()).default({}).describe('Sent with every request for a token.'),
  token_headers: z.record(z.string(), z.string()).default({}),
  token_path: pathSchema.optional().describe('Where in the answer the members stand; left out: at the top.'),
  token_account: shape({ id: pathSchema.optional(), name: pathSchema.optional() })
    .optional()
    .describe('Where the answer, from its top, says whose token it is.'),
  token_error_paths: z
    .array(pathSchema)
    .default(['error'])
    .describe('Where a failing answer names its error code; the first one that is known counts.'),
  token_errors: z
    .record(z.string(), tokenErrorMeaning)
    .default({})
    .describe('Codes this provider has beyond RFC 6749, and what they mean; http_404 is the status itself.'),
  access_token_ttl_seconds: z
    .int()
    .positive()
    .optional()
    .describe(
      'How long a token lives where the answer does not say. Left out: not known, a 401 shows its end.',
    ),
  token_query: z
    .record(z.string(), z.string())
    .default({})
    .describe('Parameters that the token address itself has, behind its question mark.'),
  client_id_param: z
    .string()
    .default('client_id')
    .describe('What the client id is called there, and where people sign in.'),
  token_members: z
    .record(z.string(), pathSchema)
    .default({})
    .describe(
      'Where a member of the answer has another name: access_token, refresh_token, expires_in, expires_at, scope.',
    ),
};

const apiKeySchema = shape({
  type: z.literal('api_key'),
  ...methodBase,
  fields,
  send: z.array(placementSchema).min(1),
});
const basicSchema = shape({
  type: z.literal('basic'),
  ...methodBase,
  fields,
  username: templateSchema.describe('Such as "{email}/token", "api", or empty.'),
  password: templateSchema.describe('Such as "{api_key}", "X", or empty.'),
});
const oauth2Schema = shape({
  type: z.literal('oauth2'),
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
  revoke_method: z.enum(['POST', 'DELETE']).default('POST'),
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
  pkce: z.boolean().default(true),
  token_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic', 'none'])
    .default('client_secret_post'),
  refresh: z
    .enum(['static', 'rotating', 'exchange', 'none'])
    .optional()
    .describe(
      'rotating: each refresh gives a new refresh token and ends the old one. exchange: there is none; before it ends, the access token itself is given for the next one.',
    ),
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
    items: pathSchema.optional().describe('Where the list stands; left out: the answer is the list.'),
    value: pathSchema,
    name: pathSchema,
    where: z
      .record(z.string(), z.string())
      .default({})
      .describe('Members that an item must have with this value.'),
  })
    .optional()
    .describe('Where one sign-in reaches several accounts: which one the connection is for.'),
  authorize_params: z.record(z.string(), z.string()).default({}),
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
  type: z.literal('oauth2_client_credentials'),
  ...methodBase,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  fields: fields.describe(
    'client_id and client_secret; what else stands here goes where `token_params` says.',
  ),
  token_auth_method: z.enum(['client_secret_post', 'client_secret_basic']).default('client_secret_basic'),
});
/**
 * A service account: an identity of a program. The names of the fields are fixed by the kind, since the kind knows what to
 * do with them; labels and help are the file's.
 */
const serviceAccount = { type: z.literal('service_account'), ...methodBase, fields };

/** Fields `key_file` (the JSON key) and, where it may act for a person, `subject`. A signed JWT (RS256) buys a token. */
const googleServiceAccountSchema = shape({
  ...serviceAccount,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  kind: z.literal('google_service_account'),
});

/** Fields `access_key_id`, `secret_access_key` and, of temporary keys, `session_token`. Every request is signed (Signature V4). */
const awsAccessKeySchema = shape({
  ...serviceAccount,
  kind: z.literal('aws_access_key'),
  signing: shape({
    service: templateSchema.min(1).describe('"sts", "s3": as it stands in the credential scope.'),
    region: templateSchema.min(1).describe('"us-east-1", or "{region}" for a field.'),
    payload: z
      .enum(['hashed', 'unsigned'])
      .default('hashed')
      .describe('unsigned: a body that is not at hand yet is sent as UNSIGNED-PAYLOAD (S3 over https).'),
    escape_path: z
      .enum(['twice', 'once'])
      .default('twice')
      .describe('once: S3 alone signs the path as it is sent.'),
  }),
});

/**
 * RFC 7523: a JWT signed with a private key buys a token. Fields `private_key` (PEM) and, where the key may be encrypted,
 * `passphrase`; the others are the file's own, and `assertion` says where they go.
 */
const jwtBearerSchema = shape({
  ...serviceAccount,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  kind: z.literal('jwt_bearer'),
  assertion: shape({
    issuer: templateSchema.min(1).describe('"{client_id}"'),
    subject: templateSchema.optional().describe('"{username}"; left out or empty: the issuer again.'),
    audience: templateSchema.optional().describe('Left out or empty: the token_url.'),
    key_id: templateSchema
      .optional()
      .describe('`kid` of the header, where the server tells keys apart by it.'),
    algorithm: z
      .enum(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'])
      .optional()
      .describe('Left out: by the key. RSA: RS256; P-256: ES256; P-384: ES384; Ed25519: EdDSA.'),
    lifetime_seconds: z.int().min(30).max(3600).default(300),
    scope_in: z.enum(['claim', 'parameter']).default('parameter'),
  }),
});

/** Fields `certificate`, `private_key` (PEM) and, as needed, `passphrase` and `authority` (of the server, beside the public ones). */
const certificateSchema = shape({ type: z.literal('certificate'), ...methodBase, fields });
const noneSchema = shape({ type: z.literal('none'), ...methodBase });

/** One way an integration authenticates. */
export const authMethodSchema = z.discriminatedUnion('type', [
  apiKeySchema,
  basicSchema,
  oauth2Schema,
  clientCredentialsSchema,
  z.discriminatedUnion('kind', [googleServiceAccountSchema, awsAccessKeySchema, jwtBearerSchema]),
  certificateSchema,
  noneSchema,
]);

export type Placement = z.output<typeof placementSchema>;
export type Scope = z.output<typeof scopeSchema>;
export type OAuth2Method = Extract<AuthMethod, { type: 'oauth2' }>;
export type ClientCredentialsMethod = Extract<AuthMethod, { type: 'oauth2_client_credentials' }>;
export type KeyHelp = z.output<typeof keyHelpSchema>;
export type AuthMethod = z.output<typeof authMethodSchema>;
export type ApiKeyMethod = Extract<AuthMethod, { type: 'api_key' }>;
export type BasicMethod = Extract<AuthMethod, { type: 'basic' }>;
export type ServiceAccountMethod = Extract<AuthMethod, { type: 'service_account' }>;
export type GoogleServiceAccountMethod = Extract<ServiceAccountMethod, { kind: 'google_service_account' }>;
export type AwsAccessKeyMethod = Extract<ServiceAccountMethod, { kind: 'aws_access_key' }>;
export type JwtBearerMethod = Extract<ServiceAccountMethod, { kind: 'jwt_bearer' }>;
