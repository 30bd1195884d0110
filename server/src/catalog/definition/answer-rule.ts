import { z } from 'zod';
import { pathSchema, proseSchema, shape } from './shape.ts';

const bodyConditionSchema = shape({
  path: pathSchema.default('').describe('Where to look; left out: the whole body as text.'),
  equals: z.json().optional().describe('It is exactly this.'),
  not_equals: z.json().optional().describe('It is anything but this.'),
  in: z.array(z.json()).optional().describe('It is one of these.'),
  matches: z
    .string()
    .max(200)
    .optional()
    .describe('Regular expression, ignoring case, over the first 500 characters.'),
  exists: z.boolean().optional().describe('true: there and not null. false: missing or null.'),
  empty: z.boolean().optional().describe('true: missing, null, "", [] or {}.'),
});

/** What an answer looks like. Everything named must hold. */
export const conditionSchema = shape({
  status: z
    .union([z.int().min(100).max(599), z.array(z.int().min(100).max(599)).min(1)])
    .optional()
    .describe('The HTTP status, or several: [400, 422].'),
  header: shape({
    name: z.string().min(1).describe('Of the header; case does not matter.'),
    equals: z.string().optional().describe('It is exactly this.'),
    matches: z.string().max(200).optional().describe('Regular expression, ignoring case.'),
  })
    .optional()
    .describe('What a header of the answer says.'),
  body: z
    .union([bodyConditionSchema, z.array(bodyConditionSchema).min(1)])
    .optional()
    .describe('What stands in the body; of several all must hold.'),
});

/** What an answer can mean, whoever says so: a rule of a file, or an example in it. */
export const MEANINGS = [
  'success',
  'no_result',
  'pending',
  'rejected',
  'expired',
  'revoked',
  'wrong_account',
  'missing_permission',
  'out_of_credits',
  'rate_limited',
  'invalid_request',
  'provider_error',
] as const;

/** "Such an answer means that", where it is not what the status alone says. First match wins. */
export const answerRuleSchema = shape({
  when: conditionSchema.describe('Such an answer…'),
  // biome-ignore lint/suspicious/noThenProperty: a word of the file format; nobody awaits a rule.
  then: z
    .enum([...MEANINGS, 'clock_off'])
    .describe(
      "… means this. rejected: the key is not accepted. missing_permission: it is, but may not do this. out_of_credits: used up, and waiting does not help. rate_limited: too fast. invalid_request: what went in is wrong. clock_off: a problem that is not the credential's, and by how much this server's clock is off is said.",
    ),
  permission: z.string().max(120).optional().describe('The permission that is missing, where it is known.'),
  permission_path: pathSchema.optional().describe('Where the answer names the missing permission.'),
  wait_seconds: z
    .int()
    .min(1)
    .max(3600)
    .optional()
    .describe('How long to wait where the answer does not say.'),
  wait_path: pathSchema
    .optional()
    .describe('Where the answer says in seconds how long to wait, where no header does.'),
  say: proseSchema.optional().describe('What this means, in our words, and what to do.'),
});

export type BodyCondition = z.output<typeof bodyConditionSchema>;
export type Condition = z.output<typeof conditionSchema>;
export type AnswerRule = z.output<typeof answerRuleSchema>;
