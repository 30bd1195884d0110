import { z } from 'zod';

export const authMethodKind = z.enum([
  'api_key',
  'basic',
  'oauth2',
  'oauth2_client_credentials',
  'service_account',
  'certificate',
  'none',
]);
export type AuthMethodKind = z.infer<typeof authMethodKind>;

/** One thing a person enters to connect. */
export const credentialField = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string().nullable(),
  help_url: z.url().nullable(),
  example: z.string().nullable(),
  is_secret: z.boolean(),
  is_required: z.boolean(),
});
export type CredentialField = z.infer<typeof credentialField>;

export const authMethod = z.object({
  kind: authMethodKind,
  label: z.string(),
  when_to_use: z.string().nullable(),
  is_available: z.boolean().describe('False where this server cannot connect by this method.'),
  fields: z.array(credentialField),
});
export type AuthMethod = z.infer<typeof authMethod>;

/** What kind of thing a value is, so that columns and inputs find each other by meaning. */
export const semanticType = z
  .string()
  .describe('For example email, domain, first_name, company_name, linkedin_url.');

export const actionInput = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string().nullable(),
  type: z.enum(['text', 'number', 'boolean', 'list', 'json']),
  semantic: semanticType.nullable(),
  is_required: z.boolean(),
  choices: z.array(z.string()).nullable(),
  default: z.union([z.string(), z.number(), z.boolean()]).nullable(),
});
export type ActionInput = z.infer<typeof actionInput>;

export const actionOutput = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(['text', 'number', 'boolean', 'date', 'url', 'email', 'json']),
  is_primary: z.boolean().describe('The value the action column itself shows.'),
});
export type ActionOutput = z.infer<typeof actionOutput>;

export const action = z
  .object({
    name: z.string(),
    label: z.string(),
    description: z.string().nullable(),
    inputs: z.array(actionInput),
    one_of: z
      .array(z.array(z.string()))
      .describe(
        'Besides the required inputs: sets of which at least one must be filled whole: [["domain","full_name"],["linkedin_handle"]]. Empty: no such need.',
      ),
    outputs: z.array(actionOutput),
    is_repeatable: z
      .boolean()
      .describe('False: a call that may have happened is never sent again by itself.'),
    cost_note: z.string().nullable(),
    credits_per_call: z.number().nullable().describe("In the provider's credits, where documented."),
    docs_url: z.url().nullable(),
  })
  .meta({ id: 'Action' });
export type Action = z.infer<typeof action>;

export const integrationSummary = z.object({
  slug: z.string(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
  icon: z.object({ svg: z.string().nullable(), monogram: z.string(), color: z.string() }),
  methods: z.array(authMethodKind),
  is_custom: z.boolean(),
  connection_count: z.int().describe("This workspace's connections."),
});
export type IntegrationSummary = z.infer<typeof integrationSummary>;

export const integration = integrationSummary
  .extend({
    homepage: z.url(),
    docs_url: z.url().nullable(),
    key_location: z
      .string()
      .nullable()
      .describe('Where in the tool the key is found: "Dashboard > API key".'),
    auth_methods: z.array(authMethod),
    connection_fields: z.array(credentialField).describe('Not secret: a subdomain, a region.'),
    actions: z.array(action),
    limits_note: z.string().nullable(),
  })
  .meta({ id: 'Integration' });
export type Integration = z.infer<typeof integration>;

export const integrationsQuery = z.strictObject({
  search: z.string().max(200).optional(),
  category: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

export const integrationList = z.object({
  data: z.array(integrationSummary),
  next_cursor: z.string().nullable(),
  categories: z.array(z.object({ name: z.string(), count: z.int() })),
});
