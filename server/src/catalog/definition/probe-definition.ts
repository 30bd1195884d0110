import { z } from 'zod';
import { answerRuleSchema, conditionSchema } from './answer-rule.ts';
import { requestTemplateSchema } from './request-template.ts';
import { nameSchema, pathSchema, proseSchema, shape } from './shape.ts';

/** Where an answer names the account; what is not there is left out. */
const accountPathsSchema = shape({
  label: pathSchema.optional().describe('The friendly name people see: "Connected as …".'),
  label_words: z
    .string()
    .regex(/\{label\}/, 'write {label} where the label stands')
    .max(60)
    .optional()
    .describe('Around a label that says nothing alone: "Account {label}".'),
  id: pathSchema.optional().describe('Stable: tells another account after a reconnect.'),
  id_field: nameSchema
    .optional()
    .describe('The connection field that tells accounts apart, where no answer does.'),
  plan: pathSchema.optional().describe('Where the name of the plan stands.'),
  credits_left: pathSchema.optional().describe('Where it says how many credits are left.'),
  credits_total: pathSchema
    .optional()
    .describe('Where an answer has no rest, but a total and what is used of it.'),
  credits_used: pathSchema.optional().describe('See credits_total.'),
  credits_unit: z.string().min(1).max(30).optional().describe('What is counted: "searches".'),
  scopes: pathSchema.optional().describe('Where it lists what the credential may do.'),
});

/** The cheapest harmless request that shows whether a credential works. Never one whose answer carries secrets. */
export const probeSchema = shape({
  base_url: z
    .string()
    .regex(/^https:\/\/[a-z0-9.-]+(\/[^{}]*)?$/, 'start with https:// and write the host out')
    .optional()
    .describe(
      'Where the check is answered at another address of the same provider; the credential goes there too.',
    ),
  request: requestTemplateSchema.describe(
    'Harmless and cheap: it costs no credits, changes nothing, and no secrets stand in its answer.',
  ),
  check: z
    .array(conditionSchema)
    .default([])
    .describe('What must hold in a 2xx answer; else it counts as nonsense.'),
  account: accountPathsSchema.prefault({}).describe('Where the answer says whose account it is.'),
  label_request: shape({
    request: requestTemplateSchema.describe('As harmless as the first.'),
    account: accountPathsSchema.describe('Where its answer says whose account it is.'),
  })
    .optional()
    .describe('A second request that only names the account; its failure changes no verdict.'),
  answers: z
    .array(answerRuleSchema)
    .default([])
    .describe('Only what is not usual: 401 is rejected and 403 missing_permission without a rule.'),
  note: proseSchema.optional().describe('What the check cannot tell, or what it rests on.'),
});

export type AccountPaths = z.output<typeof accountPathsSchema>;
export type Probe = z.output<typeof probeSchema>;
