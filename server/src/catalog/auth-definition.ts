import { z } from 'zod';
import { credentialFieldSchema } from './field-definition.ts';
import { probeSchema } from './probe-definition.ts';
import { nameSchema, proseSchema, shape, templateSchema } from './shape.ts';

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
  note: proseSchema.optional(),
};

const fields = z.array(credentialFieldSchema).min(1);
const scopes = { scopes: z.array(z.string()).default([]), scope_separator: z.string().default(' ') };
const tokenPlacement = { send: z.array(placementSchema).min(1).optional() };

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
  authorize_url: urlTemplateSchema,
  token_url: urlTemplateSchema,
  refresh_url: urlTemplateSchema.optional(),
  revoke_url: urlTemplateSchema.optional(),
  pkce: z.boolean().default(true),
  token_auth_method: z
    .enum(['client_secret_post', 'client_secret_basic', 'none'])
    .default('client_secret_post'),
  token_request_body: z.enum(['form', 'json']).default('form'),
  refresh: z.enum(['static', 'rotating', 'none']).optional(),
  access_token_ttl_seconds: z.int().positive().optional(),
  refresh_token_ttl_seconds: z.int().positive().optional(),
  authorize_params: z.record(z.string(), z.string()).default({}),
  token_params: z.record(z.string(), z.string()).default({}),
});
const clientCredentialsSchema = shape({
  type: z.literal('oauth2_client_credentials'),
  ...methodBase,
  ...scopes,
  ...tokenPlacement,
  fields,
  token_url: urlTemplateSchema,
  token_auth_method: z.enum(['client_secret_post', 'client_secret_basic']).default('client_secret_basic'),
});
const serviceAccountSchema = shape({
  type: z.literal('service_account'),
  ...methodBase,
  ...scopes,
  ...tokenPlacement,
  kind: nameSchema.describe('google_jwt, aws_keys, azure_client_secret, github_app, …'),
  fields,
  token_url: urlTemplateSchema.optional(),
});
const certificateSchema = shape({ type: z.literal('certificate'), ...methodBase, fields });
const noneSchema = shape({ type: z.literal('none'), ...methodBase });

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

export type Placement = z.output<typeof placementSchema>;
export type KeyHelp = z.output<typeof keyHelpSchema>;
export type AuthMethod = z.output<typeof authMethodSchema>;
export type ApiKeyMethod = Extract<AuthMethod, { type: 'api_key' }>;
export type BasicMethod = Extract<AuthMethod, { type: 'basic' }>;
