import { z } from 'zod';
import { actionSchema } from './definition/action-definition.ts';
import { answerRuleSchema } from './definition/answer-rule.ts';
import { authMethodSchema } from './definition/auth-definition.ts';
import { exampleSchema } from './definition/example-definition.ts';
import { connectionFieldSchema } from './definition/field-definition.ts';
import { listSchema } from './definition/list-definition.ts';
import { probeSchema } from './definition/probe-definition.ts';
import {
  NAMES_SOMEBODY,
  namesNobody,
  pageSchema,
  pathSchema,
  proseSchema,
  shape,
} from './definition/shape.ts';

const slugSchema = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9-]{0,59}$/, 'use lower-case letters, digits and hyphens, starting with a letter');

const iconSchema = shape({
  simple: z
    .string()
    .regex(/^[a-z0-9]{1,60}$/, 'write the name of a mark in simple-icons, in small letters and digits')
    .optional()
    .describe('Name in simple-icons, where the brand is there.'),
  text: z.string().min(1).max(16).describe('One or two letters (or an emoji), where there is no picture.'),
  color: z
    .string()
    .regex(/^#[0-9A-Fa-f]{6}$/, 'write a colour as #RRGGBB')
    .describe('The colour of the brand, in quotation marks: "#FF7A59".'),
});

const rateWindowSchema = shape({
  calls: z.int().positive().describe('How many calls are allowed…'),
  per_seconds: z.number().positive().describe('… in how many seconds: 60 for a minute, 3600 for an hour.'),
  group: z.string().optional().describe('Only calls of actions with this rate_group; left out: every call.'),
});

const retryAfterSchema = shape({
  header: z.string().min(1).describe('Its name, such as x-ratelimit-reset.'),
  unit: z
    .enum(['seconds', 'epoch_seconds', 'epoch_milliseconds', 'date'])
    .describe(
      'seconds: to wait from now. epoch_…: the time since 1970 at which to try again. date: an HTTP date.',
    ),
  member: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,30}$/, 'write the name of one of its values, such as reset')
    .optional()
    .describe('Where the header holds several values, "limit=100, remaining=0, reset=8": which one it is.'),
});

/** What rests on what. */
const sourceSchema = shape({
  at: z
    .string()
    .min(1)
    .max(300)
    .refine((at) => namesNobody(at.split(/\s/, 1)[0] ?? ''), NAMES_SOMEBODY)
    .describe(
      'A page of the provider, its OpenAPI document or SDK; else code that is known to work with it.',
    ),
  for: z
    .array(z.enum(['auth', 'sign_in', 'probe', 'answers', 'limits', 'actions']))
    .min(1)
    .describe(
      'auth: how a credential travels and where it is found. sign_in: endpoints, scopes and tokens of OAuth.',
    ),
});

/** One integration, as one catalog file describes it. */
export const definitionSchema = shape({
  slug: slugSchema.describe(
    'Its name in addresses and in the API, and for good. One that is in the catalog already takes the place of that one.',
  ),
  name: z.string().min(1).max(60).describe('As the tool writes itself: HubSpot, Hunter.io.'),
  category: z
    .string()
    .min(1)
    .max(40)
    .describe('One of catalog/categories.json, such as CRM or Productivity.'),
  description: z.string().min(1).max(160).describe('One line, for people.'),
  homepage: pageSchema(/^https$/).describe("The tool's own page, https."),
  docs_url: pageSchema(/^https$/).describe('Where its API is documented, https.'),
  icon: iconSchema.describe('Always text and color; simple besides, where simple-icons has the brand.'),
  synonyms: z.array(z.string().min(1).max(60)).default([]).describe('Other words people search by.'),
  base_url: z
    .string()
    .max(300)
    .describe('Address of the API; {name} stands for a connection field. Credentials go nowhere else.'),
  connection_fields: z
    .array(connectionFieldSchema)
    .default([])
    .describe('What is no secret and is asked for with every method: a subdomain, a region.'),
  default_headers: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      'Sent with every call, such as the version of the API. Never a secret: that goes under `send`.',
    ),
  auth: z.array(authMethodSchema).min(1).describe('The first is the one offered.'),
  probe: probeSchema.optional().describe('Left out: the integration offers no way to check a credential.'),
  xml_answers: shape({
    lists: z
      .array(z.string().min(1))
      .default([])
      .describe('Elements that are lists even where there is one.'),
  })
    .optional()
    .describe(
      'Answers may be XML, and are read as the JSON they would be: the root element and all below are members.',
    ),
  answers: z
    .array(answerRuleSchema)
    .default([])
    .describe('Rules for every answer, after those of probe or action.'),
  error_message: z.array(pathSchema).default([]).describe("Where a failing answer has the provider's words."),
  retry_after: z.array(retryAfterSchema).default([]).describe('Beside Retry-After, which is always read.'),
  rate_limits: shape({
    shared_by: z
      .enum(['connection', 'account', 'ip'])
      .default('connection')
      .describe('Over what the provider counts: each key, the whole account, or the address that calls.'),
    windows: z
      .array(rateWindowSchema)
      .default([])
      .describe('Left out: the numbers are not public; the note says what is.'),
    note: proseSchema
      .optional()
      .describe('What the numbers do not say: other plans, limits a day or a month.'),
  })
    .optional()
    .describe('How much may be called, for the plan that most people have.'),
  oddities: z
    .array(proseSchema)
    .max(8)
    .default([])
    .describe('What is known to be odd about it, for people who connect or call it: one sentence each.'),
  actions: z.array(actionSchema).default([]).describe('What can be done for each row of a table.'),
  lists: z
    .array(listSchema)
    .default([])
    .describe('Records that can be pulled, or picked from, page by page.'),
  examples: z
    .array(exampleSchema)
    .default([])
    .describe(
      'Answers as the provider documents them, and what each must mean; `keyrail catalog check` plays them.',
    ),
  sources: z.array(sourceSchema).min(1).describe('Where the facts of this file were read, and which.'),
  checked: z.iso.date().describe('The day on which they were last compared: 2026-11-21.'),
});

export type Definition = z.output<typeof definitionSchema>;
