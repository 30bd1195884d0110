import { z } from 'zod';
import { inputSchema, outputSchema } from './action-definition.ts';
import { answerRuleSchema } from './answer-rule.ts';
import { requestTemplateSchema } from './request-template.ts';
import { nameSchema, pathSchema, shape } from './shape.ts';

/** How the next page is asked for. The request says where `{cursor}`, `{offset}`, `{page}` and `{limit}` go. */
const paginationSchema = z.discriminatedUnion('kind', [
  shape({ kind: z.literal('none') }),
  shape({ kind: z.literal('cursor'), next: pathSchema, page_size: z.int().positive().optional() }),
  shape({ kind: z.literal('offset'), page_size: z.int().positive(), total: pathSchema.optional() }),
  shape({
    kind: z.literal('page'),
    page_size: z.int().positive(),
    start: z.int().default(1),
    pages: pathSchema.optional(),
  }),
  shape({ kind: z.literal('next_url'), next: pathSchema }),
  shape({ kind: z.literal('link_header') }),
]);

/** A pull of records: for syncs, and for values a person picks from. */
export const listSchema = shape({
  name: nameSchema,
  label: z.string().min(1).max(60),
  request: requestTemplateSchema,
  inputs: z.array(inputSchema).default([]),
  records: pathSchema.describe('Where the list stands in the answer; empty: the answer is the list.'),
  primary_key: pathSchema,
  cursor_field: pathSchema.optional().describe('Grows with every change of a record; for incremental syncs.'),
  pagination: paginationSchema,
  fields: z.array(outputSchema).min(1).describe('Paths are inside one record.'),
  answers: z.array(answerRuleSchema).default([]),
  rate_group: nameSchema.optional(),
});

export type ListOperation = z.output<typeof listSchema>;
