import { z } from 'zod';
import { affectedConnection } from './custom.ts';
import { errorCodes, fieldProblem } from './errors.ts';
import { verdict } from './verdicts.ts';

/** RFC 9457 problem document: every error answer, sent as `application/problem+json`. */
export const problem = z
  .object({
    type: z.string().describe('`about:blank`, as the code says what happened.'),
    title: z.string().describe("The code's one public sentence."),
    status: z.int(),
    code: z.enum(Object.keys(errorCodes) as [keyof typeof errorCodes, ...(keyof typeof errorCodes)[]]),
    detail: z.string().optional().describe('What happened in this very case and what to do.'),
    fields: z
      .array(fieldProblem)
      .optional()
      .describe('With `invalid_input`: each field that is not as it should be.'),
    reason: z.string().optional().describe('With codes of several causes, a stable word for this one.'),
    verdict: verdict.optional().describe('With `credential_rejected`: the outcome of the check.'),
    affected: z
      .array(affectedConnection)
      .optional()
      .describe(
        'With `credentials_would_be_lost` and `has_connections`: which connections, and what uses them.',
      ),
    request_id: z.string().describe('Find the log lines of this request by it.'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
