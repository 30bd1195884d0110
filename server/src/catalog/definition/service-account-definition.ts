import { z } from 'zod';
import {
  fields,
  methodBase,
  scopes,
  tokenEndpoint,
  tokenErrorMeaning,
  tokenPlacement,
  tokenWordsSchema,
  urlTemplateSchema,
} from './method-parts.ts';
import { nameSchema, shape, templateSchema } from './shape.ts';

/**
 * A service account: an identity of a program. The names of the fields are fixed by the kind, since the kind knows what to
 * do with them; labels and help are the file's.
 */
const serviceAccount = {
  type: z
    .literal('service_account')
    .describe('An identity of a program, out of a key file or key pair; `kind` says which.'),
  ...methodBase,
  fields,
};

/**
 * Fields `key_file` (the JSON key) and, where it may act for a person, `subject` (domain-wide delegation). A signed JWT (RS256)
 * buys a token.
 */
const googleServiceAccountSchema = shape({
  ...serviceAccount,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  kind: z.literal('google_service_account').describe('Fields key_file and, as needed, subject.'),
  target_audience: templateSchema
    .optional()
    .describe(
      'For an ID token instead of an access token: whom it is for, "{service_url}". With token_members: { access_token: id_token } and access_token_ttl_seconds.',
    ),
});

/**
 * What AWS STS says where it gives no temporary keys. A denied AssumeRole is no missing permission of some action: without
 * the role nothing can be done.
 */
const STS_ERRORS = {
  AccessDenied: 'rejected',
  InvalidClientTokenId: 'rejected',
  SignatureDoesNotMatch: 'rejected',
  IncompleteSignature: 'rejected',
  MissingAuthenticationToken: 'rejected',
  UnrecognizedClientException: 'rejected',
  ValidationError: 'rejected',
  RegionDisabledException: 'rejected',
  OptInRequired: 'rejected',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  RequestExpired: 'clock_off',
  RequestTimeTooSkewed: 'clock_off',
  Throttling: 'rate_limited',
  ThrottlingException: 'rate_limited',
  RequestLimitExceeded: 'rate_limited',
} as const;

const STS_WORDS = [
  {
    matches: 'signature (expired|not yet current)',
    means: 'clock_off' as const,
  },
  {
    matches: 'not authorized to perform: sts:AssumeRole',
    say: 'The access key is good, but it may not take on this role. Check the role ARN, that the trust policy of the role names this user, and that the external ID is the one it asks for.',
  },
  {
    matches: 'DurationSeconds exceeds',
    say: 'Enter a shorter session, or let the role allow a longer one (its maximum session duration).',
  },
];

/**
 * Fields `access_key_id`, `secret_access_key` and, of temporary keys, `session_token`. Every request is signed (Signature V4).
 * With `assume_role` also `role_arn`, `external_id`, `session_name` and `duration_seconds`: where a `role_arn` was entered, the
 * key itself signs nothing but AssumeRole, and the temporary keys of the role sign the rest. They are renewed like any token.
 */
const awsAccessKeySchema = shape({
  ...serviceAccount,
  kind: z
    .literal('aws_access_key')
    .describe(
      'Fields access_key_id, secret_access_key and, as needed, session_token; each request is signed (Signature V4).',
    ),
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
  }).describe('What each request is signed for.'),
  assume_role: shape({
    url: urlTemplateSchema.describe(
      'Of STS, with places for connection fields: "https://sts.{region}.amazonaws.com".',
    ),
    region: templateSchema.min(1).describe('For the signature of AssumeRole: "{region}".'),
    session_name: templateSchema
      .default('keyrail')
      .describe('RoleSessionName where none was entered: what the audit log of the account shows.'),
    duration_seconds: z.int().min(900).max(43_200).default(3_600).describe('Where none was entered.'),
    token_errors: z
      .record(z.string(), tokenErrorMeaning)
      .default(STS_ERRORS)
      .describe('What the codes of STS mean; left out: as documented.'),
    token_words: z
      .array(tokenWordsSchema)
      .prefault(STS_WORDS)
      .describe('What its words mean; left out: as documented.'),
  })
    .optional()
    .describe(
      'Where the key may take on a role: fields role_arn, external_id, session_name, duration_seconds.',
    ),
});

const algorithmSchema = z
  .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
  .optional()
  .describe('Left out: by the key. RSA: RS256; P-256: ES256; P-384: ES384; P-521: ES512; Ed25519: EdDSA.');

/** A value that is written in another way than it was entered: changed step by step, then in this case. */
const derivedSchema = shape({
  from: templateSchema.min(1).describe('"{account}": the value as it was entered.'),
  replace: z
    .array(
      shape({
        pattern: z.string().max(200).describe('Regular expression; each place where it fits is replaced.'),
        with: z.string().max(100).describe('$1 stands for its first group.'),
      }),
    )
    .max(5)
    .default([])
    .describe('One after the other.'),
  case: z
    .enum(['as_is', 'upper', 'lower'])
    .default('as_is')
    .describe('Capitals or small letters, at the end.'),
});

/**
 * What stands in a JWT. In templates, `{name}` stands for a field of the method, a connection field, a name under `derived`, or
 * `{public_key_sha256}`: the SHA-256 of the public key (DER, SubjectPublicKeyInfo) in base64. A claim whose template stays
 * empty is left out.
 */
const assertionBase = {
  key_id: templateSchema.optional().describe('`kid` of the header, where the server tells keys apart by it.'),
  thumbprint: z
    .enum(['none', 'sha256', 'sha1'])
    .default('none')
    .describe('Of the field `certificate`, in the header: sha256 as x5t#S256, sha1 as x5t.'),
  algorithm: algorithmSchema,
  issued_back_seconds: z
    .int()
    .min(0)
    .max(300)
    .default(0)
    .describe('`iat` lies so long in the past, for servers that refuse a clock that is a little fast.'),
  not_before: z.boolean().default(false).describe('`nbf` is there too, the same as `iat`.'),
  claims: z
    .record(z.string(), z.union([templateSchema, z.number(), z.boolean()]))
    .default({})
    .describe('Further claims.'),
  derived: z
    .record(nameSchema, derivedSchema)
    .default({})
    .describe('Values that are written in another way than they were entered; {name} stands for each.'),
};
const WHAT_STANDS_IN_IT =
  'What stands in the JWT; in templates {name} is a field of the method or connection.';
const lifetime = (seconds: number) =>
  z.int().min(30).max(3600).default(seconds).describe('From `iat` to `exp`.');

/** As RFC 7523 §3 wants it. */
const assertionSchema = {
  ...assertionBase,
  issuer: templateSchema.min(1).describe('"{client_id}"'),
  subject: templateSchema.optional().describe('"{username}"; left out or empty: the issuer again.'),
  audience: templateSchema.optional().describe('Left out or empty: the token_url.'),
  lifetime_seconds: lifetime(300),
  scope_in: z
    .enum(['claim', 'parameter'])
    .default('parameter')
    .describe('Where scopes are asked for: in the JWT, or beside it.'),
  has_id: z.boolean().default(true).describe('`jti`: another one in each.'),
};

/** As a provider's own documentation wants it. */
const selfSignedSchema = {
  ...assertionBase,
  issuer: templateSchema.optional().describe('`iss`: "{issuer_id}".'),
  subject: templateSchema.optional().describe('`sub`, where it is wanted.'),
  audience: templateSchema.optional().describe('`aud`, where it is wanted.'),
  lifetime_seconds: lifetime(600),
  has_id: z.boolean().default(false).describe('`jti`: another one in each.'),
};

/**
 * RFC 7523 §2.1: a JWT signed with a private key buys a token. Fields `private_key` (PEM) and, where the key may be encrypted,
 * `passphrase`; the others are the file's own, and `assertion` says where they go.
 */
const jwtBearerSchema = shape({
  ...serviceAccount,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  kind: z.literal('jwt_bearer').describe('A JWT signed with a private key buys a token (RFC 7523).'),
  token_auth_method: z
    .enum(['none', 'client_secret_post', 'client_secret_basic'])
    .default('none')
    .describe('Where the server wants the fields client_id and client_secret beside the assertion.'),
  assertion: shape(assertionSchema).describe(WHAT_STANDS_IN_IT),
});

/**
 * RFC 7523 §2.2 (private_key_jwt): client credentials where a signed JWT stands for the client secret. Fields `client_id`,
 * `private_key`, and as needed `certificate` and `passphrase`. With `thumbprint` the certificate names the key.
 */
const clientAssertionSchema = shape({
  ...serviceAccount,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  kind: z
    .literal('client_assertion')
    .describe('Client credentials where a signed JWT stands for the secret (private_key_jwt).'),
  assertion: shape({
    ...assertionSchema,
    issuer: templateSchema.min(1).default('{client_id}').describe('`iss`.'),
  }).describe(WHAT_STANDS_IN_IT),
});

/**
 * A JWT that is signed here is itself the bearer token; nobody is asked for one. Fields `private_key` and, as needed,
 * `passphrase`. It is kept and renewed like any token; `send` may put more beside it.
 */
const selfSignedMethodSchema = shape({
  ...serviceAccount,
  ...tokenPlacement,
  kind: z.literal('self_signed').describe('A JWT that is signed here is itself the bearer token.'),
  assertion: shape(selfSignedSchema).describe(WHAT_STANDS_IN_IT),
});

/**
 * A JWT that is signed here is the bearer of one request, POST to `token_url`, whose answer is the token: an app and its
 * installation. The body is `token_params` alone, in JSON unless said otherwise. Fields as with self_signed.
 */
const jwtExchangeSchema = shape({
  ...serviceAccount,
  ...scopes,
  ...tokenPlacement,
  ...tokenEndpoint,
  token_request_body: z
    .enum(['form', 'json'])
    .default('json')
    .describe('How the body of that request is written.'),
  kind: z
    .literal('jwt_exchange')
    .describe('A JWT that is signed here is the bearer of one POST to token_url, whose answer is the token.'),
  assertion: shape(selfSignedSchema).describe(WHAT_STANDS_IN_IT),
});

/** The kinds of service account. */
export const serviceAccountSchema = z.discriminatedUnion('kind', [
  googleServiceAccountSchema,
  awsAccessKeySchema,
  jwtBearerSchema,
  clientAssertionSchema,
  selfSignedMethodSchema,
  jwtExchangeSchema,
]);
