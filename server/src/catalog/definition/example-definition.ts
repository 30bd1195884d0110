import { z } from 'zod';
import { MEANINGS } from './answer-rule.ts';
import { nameSchema, proseSchema, shape } from './shape.ts';

/**
 * One answer as the provider documents it, and what it must mean. The stand-in server of the checks gives it word for word, and
 * the engine must come to the same end.
 */
export const exampleSchema = shape({
  of: z
    .string()
    .min(1)
    .max(80)
    .describe(
      'What was asked: probe, probe.label (its label_request), token (the code is exchanged, or client credentials), refresh, the name of an action, or "{action}.poll" for what its polling gets.',
    ),
  method: nameSchema
    .optional()
    .describe('The auth method (its id, or type) it is answered to, where they differ.'),
  status: z.int().min(100).max(599).default(200).describe('The HTTP status it comes with.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Those that matter, such as retry-after.'),
  body: z.json().optional().describe('JSON. Left out, and no text: empty.'),
  text: z.string().max(4000).optional().describe('What is no JSON: XML, form encoding, a page.'),
  means: z
    .enum([...MEANINGS, 'nonsense'])
    .default('success')
    .describe(
      'What it is by the documentation, not by your rules: that the two agree is what the check proves. nonsense: neither what was asked for nor an error, such as a web page.',
    ),
  account: z.string().optional().describe('Of a probe that succeeds: "Connected as …".'),
  gives: z
    .record(z.string(), z.json())
    .optional()
    .describe('Of an action that succeeds: outputs with these values.'),
  expires_in_seconds: z
    .int()
    .nullable()
    .optional()
    .describe('Of a token: how long it lives; null: the answer does not say.'),
  note: proseSchema.optional().describe('Where it stands, or why it is here.'),
});

export type Example = z.output<typeof exampleSchema>;
