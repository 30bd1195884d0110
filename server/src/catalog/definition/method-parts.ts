import { z } from 'zod';
import { credentialFieldSchema } from './field-definition.ts';
import { probeSchema } from './probe-definition.ts';
import { nameSchema, pageSchema, pathSchema, proseSchema, shape, templateSchema } from './shape.ts';

export const urlSchema = pageSchema(/^https?$/).describe('A whole address, with https://.');
export const urlTemplateSchema = z
  .string()
  .regex(/^(https?:\/\/|\{[a-z][a-z0-9_]*\})/, 'start with https://, or with a field of kind url')
  .describe('A whole address; {name} stands for a connection field.');

/** Where a credential goes in every request. `value` holds `{name}` places for this method's fields. */
export const placementSchema = shape({
  in: z
    .enum(['header', 'query', 'path', 'body'])
    .describe(
      'path: put before the path of every request. body: a member of the JSON object or form that is sent; a GET has none, so no request of the file may be one.',
    ),
  name: z.string().max(80).default('').describe('Header, parameter or member; empty for path.'),
  value: templateSchema.min(1).describe('{name} stands for a field of this method: "Bearer {api_key}".'),
  url_secret: proseSchema
    .optional()
    .describe(
      'query, path: why the secret stands in the address, where it lands in logs: "The provider takes it nowhere else."',
    ),
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
  url: urlSchema.optional().describe('The page where the key is.'),
});

export const methodBase = {
  id: nameSchema.optional().describe('Needed where an integration has two methods of one type.'),
  label: z
    .string()
    .min(1)
    .max(80)
    .optional()
    .describe('What the way is called, and with OAuth the button: "Sign in with HubSpot".'),
  key_help: keyHelpSchema.optional().describe('Where people find what they enter.'),
  base_url: urlTemplateSchema
    .optional()
    .describe('Where this method uses another address than the integration.'),
  probe: probeSchema.optional().describe('Where this method is checked by another request.'),
  note: proseSchema.optional().describe('When to use this method, in a sentence.'),
  rotation_help: proseSchema
    .optional()
    .describe('How a new credential is made beside the old one, and how the old one is withdrawn.'),
};

export const fields = z.array(credentialFieldSchema).min(1).describe('What people enter.');

/** A permission that is asked for: its name, or what it allows and whether one may do without. */
const scopeSchema = z.union([
  z
    .string()
    .min(1)
    .max(300)
    .transform((name) => ({ name, description: undefined, optional: false, impliedBy: [] as string[] })),
  shape({
    name: z
      .string()
      .min(1)
      .max(300)
      .describe('As the provider writes it; {name} in it stands for a connection field.'),
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
export const scopes = {
  scopes: z.array(scopeSchema).default([]).describe('What is asked for: as little as the actions need.'),
  scope_separator: z.string().default(' ').describe('What stands between them.'),
};
export const tokenPlacement = {
  send: z
    .array(placementSchema)
    .min(1)
    .optional()
    .describe('Left out: "Authorization: Bearer {access_token}".'),
};

export const tokenErrorMeaning = z
  .enum([
    'expired',
    'revoked',
    'rejected',
    'setup_rejected',
    'rate_limited',
    'provider_error',
    'clock_off',
    'none',
  ])
  .describe(
    'expired, revoked, rejected: only a person can help, by signing in again or with another key. setup_rejected: client id or secret is wrong. clock_off: it does not believe the time we say, so nothing ends. none: a code that says "all is well".',
  );

/** What the words of a failing answer mean, where its code says too little. */
export const tokenWordsSchema = shape({
  matches: z
    .string()
    .max(200)
    .describe('Regular expression, ignoring case, over the first 500 characters of what it says in words.'),
  means: tokenErrorMeaning.optional().describe('Left out: as its code says; only `say` is added.'),
  say: proseSchema.optional().describe('What this means, in our words, and what to do.'),
});

/**
 * What is particular about a token endpoint. In every file alike and not said here: `invalid_grant` ends the grant,
 * `invalid_client` and `unauthorized_client` reject the setup; an answer 200 with an error or without a token is a failure;
 * a missing, text or negative `expires_in` is "not known"; scopes come as a text or a list.
 */
export const tokenEndpoint = {
  token_url: urlTemplateSchema.describe('{name} stands for a connection field.'),
  token_request_body: z
    .enum(['form', 'json'])
    .default('form')
    .describe('How the body of a request for a token is written.'),
  token_params: z.record(z.string(), z.string()).default({}).describe('Sent with every request for a token.'),
  token_headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Sent with every request for a token.'),
  token_path: pathSchema.optional().describe('Where in the answer the members stand; left out: at the top.'),
  token_account: shape({
    id: pathSchema.optional().describe('What stays the same: tells another account after a reconnect.'),
    name: pathSchema.optional().describe('What people see: "Connected as …".'),
  })
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
  token_words: z
    .array(tokenWordsSchema)
    .default([])
    .describe('Looked at before the codes; the first one that fits counts.'),
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

export type Placement = z.output<typeof placementSchema>;
export type Scope = z.output<typeof scopeSchema>;
export type KeyHelp = z.output<typeof keyHelpSchema>;
export type TokenErrorMeaning = z.output<typeof tokenErrorMeaning>;
export type TokenWords = z.output<typeof tokenWordsSchema>;
