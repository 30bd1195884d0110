import { z } from 'zod';
import { inputSchema, recordFieldSchema } from './action-definition.ts';
import { answerRuleSchema } from './answer-rule.ts';
import { requestTemplateSchema } from './request-template.ts';
import { nameSchema, pathSchema, shape } from './shape.ts';

const pageSizeSchema = z.int().positive().describe('How many come at a time: {limit}.');

/** How the next page is asked for. The request says where `{cursor}`, `{offset}`, `{page}` and `{limit}` go. */
const paginationSchema = z.discriminatedUnion('kind', [
  shape({ kind: z.literal('none').describe('All come at once.') }),
  shape({
    kind: z.literal('cursor').describe('The answer has a word for the next page: {cursor}.'),
    next: pathSchema.describe('Where that word stands; the last page has none.'),
    page_size: pageSizeSchema.optional(),
  }),
  shape({
    kind: z.literal('offset').describe('So many are skipped: {offset}.'),
    page_size: pageSizeSchema,
    total: pathSchema.optional().describe('Where the answer says how many there are.'),
  }),
  shape({
    kind: z.literal('page').describe('Pages have numbers: {page}.'),
    page_size: pageSizeSchema,
    start: z.int().default(1).describe('The number of the first page.'),
    pages: pathSchema.optional().describe('Where the answer says how many pages there are.'),
  }),
  shape({
    kind: z.literal('next_url').describe('The answer has the address of the next page.'),
    next: pathSchema.describe('Where that address stands.'),
  }),
  shape({
    kind: z
      .literal('link_header')
      .describe('The address of the next page stands in the header Link (rel="next").'),
  }),
]);

/** A pull of records: for syncs, and for values a person picks from. */
export const listSchema = shape({
  name: nameSchema.describe('What `options` of inputs refer to.'),
  label: z.string().min(1).max(60).describe('What is listed: "Contacts".'),
  request: requestTemplateSchema.describe('For one page.'),
  inputs: z.array(inputSchema).default([]).describe('What it must know first.'),
  records: pathSchema.describe('Where the list stands in the answer; empty: the answer is the list.'),
  primary_key: pathSchema.describe('In a record: what tells it from all others.'),
  cursor_field: pathSchema.optional().describe('Grows with every change of a record; for incremental syncs.'),
  pagination: paginationSchema.describe('How the next page is asked for.'),
  fields: z.array(recordFieldSchema).min(1).describe('Paths are inside one record.'),
  answers: z
    .array(answerRuleSchema)
    .default([])
    .describe('Rules for its answers alone, before those of the file.'),
  rate_group: nameSchema.optional().describe('A group of rate_limits, where it is counted apart.'),
});

export type ListOperation = z.output<typeof listSchema>;
