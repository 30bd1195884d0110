import { z } from 'zod';
import { answerRuleSchema, conditionSchema } from './answer-rule.ts';
import { choiceSchema } from './field-definition.ts';
import { requestTemplateSchema } from './request-template.ts';
import { nameSchema, pageSchema, pathSchema, proseSchema, shape } from './shape.ts';

/** What a value means; columns are offered for inputs by this, and inputs are tidied by it (a URL becomes a domain). */
const valueTypeSchema = z.enum([
  'text',
  'long_text',
  'email',
  'domain',
  'url',
  'linkedin_url',
  'linkedin_handle',
  'first_name',
  'last_name',
  'full_name',
  'company_name',
  'job_title',
  'phone',
  'location',
  'id',
  'number',
  'integer',
  'boolean',
  'date',
  'datetime',
  'choice',
  'json',
]);

export const inputSchema = shape({
  name: nameSchema.describe('What the request calls it, as {name}.'),
  label: z.string().min(1).max(80).describe('What people see: "Company domain".'),
  type: valueTypeSchema.describe(
    'What the value means: columns are offered by it, and a value is tidied by it (an address becomes a domain).',
  ),
  required: z
    .boolean()
    .default(false)
    .describe('true: a row without it is skipped. For "one of these" see `needs`.'),
  multiple: z
    .boolean()
    .default(false)
    .describe('A list; in a cell separated by commas, semicolons or lines.'),
  help: proseSchema.optional().describe('What to give, where the label does not say it.'),
  example: z.string().max(200).optional().describe('Made up: jane@acme.example.'),
  default: z.json().optional().describe('Taken where nothing is given.'),
  min: z.number().optional().describe('Of a number: not less than this.'),
  max: z.number().optional().describe('Of a number: not more than this.'),
  choices: z.array(choiceSchema).min(1).optional().describe('What there is to choose from.'),
  options: shape({
    list: nameSchema.describe('A name under `lists`.'),
    value: pathSchema.describe('In a record: what is sent.'),
    label: pathSchema.describe('In a record: what people see.'),
  })
    .optional()
    .describe('Values a person may pick from: a list operation of this file.'),
});

const outputFields = {
  name: nameSchema.describe('What examples under `gives` call it.'),
  label: z.string().min(1).max(80).describe('What people see: "Email".'),
  type: valueTypeSchema.describe('What the value means; columns for it are made by it.'),
  path: pathSchema,
  primary: z.boolean().default(false).describe('What the column itself shows.'),
};

export const outputSchema = shape({
  ...outputFields,
  header: z
    .string()
    .regex(/^[a-z0-9-]{1,80}$/, 'write the name of a header in small letters')
    .optional()
    .describe('Where it stands in a header of the answer. Without that header it is read at the path.'),
});

/** One value of each record of a list, or about a whole call. */
export const recordFieldSchema = shape(outputFields);

const submitThenPollSchema = shape({
  id: pathSchema.describe('Where the first answer names the job; {job_id} in the poll request.'),
  request: requestTemplateSchema.describe('How it is asked for; {job_id} stands for its id.'),
  done: conditionSchema.describe('Such an answer to the poll is the result.'),
  running: conditionSchema.describe('Such an answer means: ask again.'),
  first_wait_seconds: z
    .number()
    .min(0.1)
    .max(3600)
    .default(2)
    .describe('Before it is asked for the first time.'),
  every_seconds: z.number().min(0.1).max(3600).default(3).describe('Between one time and the next.'),
  give_up_seconds: z
    .number()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('After so long the cell says that it took too long.'),
});

const bulkSchema = shape({
  max_rows: z.int().min(2).max(10_000).describe('How many one call takes.'),
  rows_at: pathSchema.describe(
    'Where in the body the list of rows stands; the first element is the row template.',
  ),
  shared: z.array(nameSchema).default([]).describe('Inputs that are the same for all rows of one call.'),
  outputs: z
    .array(recordFieldSchema)
    .default([])
    .describe('About the call as a whole; rows have none of their own.'),
});

const onlySchema = shape({
  in: pathSchema.default('').describe('Where the list stands; left out: the answer is the list.'),
  where: z
    .union([pathSchema.min(1), z.array(pathSchema.min(1)).min(1)])
    .describe('Inside one of them: "email", "emails[].value". Of several places one suffices.'),
  is: nameSchema.describe('The input that must stand there, letter case aside.'),
});

/** An operation of an integration with named inputs and outputs. */
export const actionSchema = shape({
  name: nameSchema.describe('For good: columns refer to it. A verb first: find_email, add_subscriber.'),
  label: z.string().min(1).max(60).describe('What people see: "Find email".'),
  description: proseSchema.describe('What it does, in a sentence, and what is surprising about it.'),
  primary: z
    .boolean()
    .default(false)
    .describe('The one offered first. Exactly one per integration with actions.'),
  per_row: z
    .boolean()
    .default(true)
    .describe('false: depends on no row (account, lists); not offered as a column.'),
  base_url: z
    .string()
    .max(300)
    .regex(/^https?:\/\/[a-z0-9.:[\]-]+(\/[^{}]*)?$/, 'start with https:// and write the host out')
    .optional()
    .describe('Where this action is at another address of the same provider; the credential goes there too.'),
  request: requestTemplateSchema.describe('The call for one row.'),
  inputs: z
    .array(inputSchema)
    .default([])
    .describe('What goes in; each stands somewhere in the request, as {name}.'),
  needs: z
    .array(z.array(z.union([nameSchema, z.array(nameSchema).min(2)])).min(1))
    .default([])
    .describe(
      'Each line must be met: by one of its inputs, or by all of a group: [domain, [first_name, last_name]].',
    ),
  outputs: z.array(outputSchema).min(1).describe('What comes out; one of them is primary.'),
  check: z
    .array(conditionSchema)
    .default([])
    .describe('What must hold in a 2xx answer; else it counts as nonsense.'),
  only: onlySchema
    .optional()
    .describe(
      'Of a search that also finds what is merely alike: those of its answer that are what was asked for. The others are left out before anything is read, so that the first is never somebody else.',
    ),
  no_result: z.array(conditionSchema).default([]).describe('Answers that mean "nothing found".'),
  answers: z
    .array(answerRuleSchema)
    .default([])
    .describe('Rules for its answers alone, before those of the file.'),
  scopes: z
    .array(z.string().min(1).max(300))
    .default([])
    .describe('Scopes it needs, all of them; what a sign-in lacks is said before the action is refused.'),
  methods: z
    .array(nameSchema)
    .min(1)
    .optional()
    .describe('Only with connections by these auth methods (their id, or type). Left out: with all.'),
  repeatable: z
    .boolean()
    .describe('Doing it twice does no more than doing it once (and costs nothing to speak of).'),
  ask_again: shape({
    every_seconds: z.number().min(0.1).max(3600).describe('Between one time and the next.'),
    give_up_seconds: z
      .number()
      .min(1)
      .max(86_400)
      .describe('After so long the cell says that it took too long.'),
  })
    .optional()
    .describe('Where an answer means pending: send the same request again, so long.'),
  poll: submitThenPollSchema.optional().describe('Submit, then poll.'),
  bulk: bulkSchema
    .optional()
    .describe(
      'How the tool takes many in one call, with the same request. Told on its page; an action column sends each row by itself, so that each has an answer of its own.',
    ),
  rate_group: nameSchema.optional().describe('A group of rate_limits, where it is counted apart.'),
  cost: shape({
    credits: z.number().min(0).optional().describe("Estimate per row in the provider's credits."),
    note: proseSchema.optional().describe('What is paid for: "One credit for each address found."'),
  })
    .optional()
    .describe('Only what is documented.'),
  docs_url: pageSchema(/^https?$/)
    .optional()
    .describe('The page of the reference about this call.'),
});

export type ValueType = z.output<typeof valueTypeSchema>;
export type ActionInput = z.output<typeof inputSchema>;
export type ActionOutput = z.output<typeof outputSchema>;
export type Action = z.output<typeof actionSchema>;
export type Only = z.output<typeof onlySchema>;
export type Poll = z.output<typeof submitThenPollSchema>;
