import { z } from 'zod';
import { requestTemplateSchema } from './request-template.ts';
import { nameSchema, pathSchema, proseSchema, shape } from './shape.ts';

export const choiceSchema = shape({
  value: z.string().describe('What is sent.'),
  label: z.string().min(1).describe('What people see.'),
});

/** How the tool itself says what a field can be, once the others are filled in. Nothing of it is stored. */
const listedFromSchema = shape({
  request: requestTemplateSchema.describe(
    'Asked at the address of the method. {name} stands for a connection field, {page} for the number of the page.',
  ),
  signed_by: z
    .enum(['assertion', 'credential'])
    .default('credential')
    .describe(
      'credential: as every request of the method. assertion: by the JWT itself, before there is anything to get a token for.',
    ),
  records: pathSchema.default('').describe('Where the list stands; empty: the answer is the list.'),
  value: pathSchema.describe('In a record: what the field gets.'),
  label: pathSchema.describe('In a record: what people see.'),
  detail: pathSchema.optional().describe('In a record: said beside the label.'),
  where: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .default({})
    .describe('Members that a record must have with this value; null: that it has not.'),
  page_size: z
    .int()
    .positive()
    .optional()
    .describe(
      'A page of so many has another one behind it, asked for with {page}. Left out: all come at once.',
    ),
});

const fieldBase = {
  name: nameSchema.describe(
    'What `send` and addresses call it, as {name}; and what it is called in the API.',
  ),
  label: z.string().min(1).max(80).describe('As the tool calls it: "API key", "Access token".'),
  help: proseSchema
    .optional()
    .describe('Where it is found or what to choose, where the label does not say it.'),
  example: z.string().max(200).optional().describe('Made up, never a real one.'),
  pattern: z
    .string()
    .max(200)
    .optional()
    .describe('Anchored regular expression, only where it is documented.'),
  pattern_help: proseSchema.optional().describe('What to say when the pattern does not fit.'),
  required: z.boolean().default(true).describe('false: may stay empty.'),
  choices: z.array(choiceSchema).min(1).optional().describe('Chosen from these instead of written.'),
  listed_from: listedFromSchema
    .optional()
    .describe('Chosen from what the tool itself answers, once the other fields are filled in.'),
  group: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe('Folded under these words with the others of the group: most people leave them empty.'),
};

/** One thing asked for when credentials are entered. */
export const credentialFieldSchema = shape({
  ...fieldBase,
  kind: z
    .enum(['text', 'multiline', 'file'])
    .default('text')
    .describe('multiline: a text of several lines, such as PEM. file: is uploaded.'),
  secret: z.boolean().default(true).describe('false: is shown again after saving, such as a user name.'),
});

/** Something about the account that is no secret and that addresses depend on, such as a subdomain. */
export const connectionFieldSchema = shape({
  ...fieldBase,
  kind: z
    .enum(['text', 'host', 'url', 'authority'])
    .default('text')
    .describe(
      "text: one label of a host or path segment. host: a host name. url: an https address. authority: certificates (PEM) of a company's own authority, which vouches for the host entered beside it; called `authority`.",
    ),
  host_suffixes: z.array(z.string().min(3)).optional().describe('host, url: must end in one of these.'),
  fixed: z
    .string()
    .max(500)
    .optional()
    .describe(
      'Not asked from a person: always this. It is kept with each credential, and one that was entered under another value is never used.',
    ),
  methods: z
    .array(nameSchema)
    .min(1)
    .optional()
    .describe('Only asked for with these auth methods (their id, or type). Left out: with all.'),
  default: z.string().max(500).optional().describe('Taken where nobody entered or told another.'),
  filled_from: shape({
    source: z
      .enum(['token_response', 'callback_query', 'account_choice', 'client_id'])
      .describe(
        'account_choice: what a sign-in method says under this name; for a field it does not name, what stands in the chosen item. client_id: that of the sign-in setup, where calls must name it.',
      ),
    path: pathSchema
      .default('')
      .describe(
        'Where it stands there; with client_id, and for the field that an account_choice names, nothing.',
      ),
  })
    .optional()
    .describe('Not asked from a person: read from there while connecting.'),
});

export type CredentialField = z.output<typeof credentialFieldSchema>;
export type ConnectionField = z.output<typeof connectionFieldSchema>;
export type ListedFrom = z.output<typeof listedFromSchema>;
