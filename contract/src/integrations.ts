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
  input: z
    .enum(['text', 'multiline', 'file', 'choice'])
    .describe('file: a text file such as a JSON key or PEM, sent as its text; PKCS#12 as base64.'),
  choices: z.array(z.object({ value: z.string(), label: z.string() })).nullable(),
  default: z.string().nullable().describe('What is taken where an optional field stays empty.'),
  is_listed: z
    .boolean()
    .describe('The tool itself lists the choices, once the other fields are filled: `POST …/choices`.'),
  group: z
    .string()
    .nullable()
    .describe('Optional fields of one purpose that most people leave empty: "Act in a role".'),
});
export type CredentialField = z.infer<typeof credentialField>;

/** The one-time sign-in setup of an OAuth method, as far as everybody may see it. */
export const methodSetup = z.object({
  set_up_by: z
    .enum(['workspace', 'operator'])
    .nullable()
    .describe('Null: nobody has entered client id and secret yet.'),
  redirect_uri: z.url().describe('To be registered with the provider, exactly as it is.'),
  register_url: z.url().nullable().describe("The provider's page where an app is registered."),
  note: z.string().nullable(),
  warnings: z
    .array(z.string())
    .describe('What will keep people from signing in, known before anybody tries: the tool wants https.'),
  compare: z
    .string()
    .describe('What to compare where the tool shows an error in place of its sign-in page; for people.'),
  address_stamp: z
    .string()
    .nullable()
    .describe(
      'Of a described integration, and of one in a folder of files: sent along with a client secret, so that it is for this address.',
    ),
});

/** One scope an OAuth method asks for. */
export const scopeChoice = z.object({
  name: z.string(),
  description: z.string().nullable(),
  is_optional: z.boolean(),
});

/** How it is found out whether a credential works. */
export const credentialCheck = z.object({
  request: z.string().describe('What is asked of the tool: "GET /account".'),
  note: z.string().nullable(),
  tells: z.array(z.enum(['account', 'plan', 'credits', 'scopes'])).describe('What its answer says besides.'),
});

export const authMethod = z.object({
  id: z.string().describe('Tells two methods of one kind apart; what `method` in a request names.'),
  kind: authMethodKind,
  label: z.string(),
  when_to_use: z.string().nullable(),
  is_available: z.boolean().describe('False where this server cannot connect by this method.'),
  fields: z.array(credentialField),
  key_location: z.string().nullable().describe('Where in the tool the credential is found or made.'),
  setup: methodSetup.nullable().describe('oauth2 only.'),
  scopes: z.array(scopeChoice).describe('Empty where the method knows none.'),
  rotation_help: z.string().nullable().describe('How a new credential is made and the old one withdrawn.'),
  key_hint: z.string().nullable().describe('The finer way to that place, or what to choose there.'),
  key_url: z.url().nullable().describe('The page itself, where it has an address.'),
  check: credentialCheck
    .nullable()
    .describe('Null: the tool offers no way to check such a credential before it is used.'),
  facts: z
    .array(z.string())
    .describe('For people, a sentence each: how it travels, how long access lasts, how it is withdrawn.'),
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
  example: z.string().nullable(),
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
    request: z.string().describe('What is asked of the tool: "GET /email-finder".'),
    is_asynchronous: z.boolean().describe('The tool takes it as a job, and is asked until it is done.'),
    bulk_rows: z
      .int()
      .nullable()
      .describe(
        'The tool takes so many in one call, for your own code; an action column sends each row by itself. Null: one.',
      ),
    scopes: z.array(z.string()).describe('What a sign-in must allow, all of it.'),
    facts: z
      .array(z.string())
      .describe('For people, a sentence each: what it costs, what no result is, whether it is sent again.'),
  })
  .meta({ id: 'Action' });
export type Action = z.infer<typeof action>;

export const integrationIcon = z.object({
  url: z
    .string()
    .nullable()
    .describe("The brand's mark as an SVG, below this server's address; never another picture there."),
  monogram: z.string().describe('What is drawn where there is no mark.'),
  color: z.string(),
});
export type IntegrationIcon = z.infer<typeof integrationIcon>;

export const integrationSummary = z.object({
  slug: z.string(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
  icon: integrationIcon,
  methods: z.array(authMethodKind),
  is_custom: z.boolean(),
  connection_count: z.int().describe("This workspace's connections."),
});
export type IntegrationSummary = z.infer<typeof integrationSummary>;

/** What the facts about an integration rest on. */
export const integrationSource = z.object({
  at: z.string().describe('An address, or the name of a document.'),
  url: z.url().nullable().describe('Where it can be opened.'),
  for: z
    .array(z.enum(['auth', 'sign_in', 'probe', 'answers', 'limits', 'actions']))
    .describe('Which facts; empty: not said.'),
});
export type IntegrationSource = z.infer<typeof integrationSource>;

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
    limits: z
      .array(z.string())
      .describe('How often it may be called, for people, a sentence each; the note comes last.'),
    oddities: z.array(z.string()).describe('What is known to be odd about it, a sentence each.'),
    sources: z.array(integrationSource),
    checked: z.iso
      .date()
      .nullable()
      .describe('When these facts were last compared with the sources; null: the workspace described it.'),
  })
  .meta({ id: 'Integration' });
export type Integration = z.infer<typeof integration>;

/**
 * `POST /v1/integrations/{slug}/recognise`: what an entered file or key is, before it is saved. Nothing is stored and nobody
 * is called.
 */
export const recognise = z.strictObject({
  method: z.string().max(100).optional(),
  credentials: z.record(z.string().max(100), z.string().max(256 * 1024)),
});
export const fact = z.object({ label: z.string(), value: z.string() });
export type Fact = z.infer<typeof fact>;
export const recognised = z.object({
  title: z.string().nullable().describe('"Google service account key"; null where nothing could be read.'),
  facts: z.array(fact).describe('Never secret: project, client e-mail, key id, subject, end date.'),
  expires_at: z.iso.datetime().nullable(),
  warnings: z.array(z.string()),
  problem: z
    .object({
      field: z.string(),
      message: z.string(),
      reason: z
        .string()
        .nullable()
        .describe(
          'key_mismatch, certificate_ended, certificate_not_yet_valid; null: the message says it all. What ended is saved all the same with `save_unverified`.',
        ),
    })
    .nullable()
    .describe('Why it cannot be saved: "This is an OAuth client file, not a service account key."'),
  brings: z
    .array(z.string())
    .describe(
      'Required fields that may stay empty, since the file has them in it: the key of a PKCS#12 file.',
    ),
});
export type Recognised = z.infer<typeof recognised>;

/**
 * `POST /v1/integrations/{slug}/choices`: what the tool offers for a field with `is_listed`, such as the installations of an
 * app. The tool is asked with what was entered; nothing is stored. 422 `credential_rejected` where it refuses.
 */
export const fieldChoicesAsk = z.strictObject({
  method: z.string().max(100).optional(),
  credentials: z.record(z.string().max(100), z.string().max(256 * 1024)),
  field: z.string().max(100),
});
export const fieldChoices = z.object({
  data: z.array(z.object({ value: z.string(), label: z.string() })),
  is_complete: z.boolean().describe('False: the tool has more than were asked for.'),
});
export type FieldChoices = z.infer<typeof fieldChoices>;

export const integrationsQuery = z.strictObject({
  search: z.string().max(200).optional(),
  category: z.string().max(100).optional(),
  slugs: z
    .string()
    .max(10_000)
    .optional()
    .describe(
      'Of these alone: their slugs, with commas between. One that is not in the catalog is left out.',
    ),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

/** One of its actions, as far as a list says it; all of it is said by `GET /v1/integrations/{slug}`. */
export const actionFound = action.pick({ name: true, label: true, description: true });
export type ActionFound = z.infer<typeof actionFound>;

export const integrationFound = integrationSummary.extend({
  actions_found: z
    .array(actionFound)
    .describe('Those of its actions that fit `search`, best first: "find email". None without a search.'),
});
export type IntegrationFound = z.infer<typeof integrationFound>;

export const integrationList = z.object({
  data: z.array(integrationFound),
  next_cursor: z.string().nullable(),
  categories: z.array(z.object({ name: z.string(), count: z.int() })),
});
