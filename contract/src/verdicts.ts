import { z } from 'zod';

/** The ten outcomes of a check of a credential; never a bare true or false. */
export const verdictKind = z.enum([
  'ok',
  'rejected',
  'expired',
  'wrong_account',
  'missing_permission',
  'out_of_credits',
  'rate_limited',
  'unreachable',
  'provider_error',
  'unverifiable',
]);
export type VerdictKind = z.infer<typeof verdictKind>;

/** Whom a credential belongs to, as far as the provider tells. */
export const account = z.object({
  name: z.string().nullable().describe('Shown as "Connected as".'),
  plan: z.string().nullable(),
  credits_left: z.string().nullable().describe('In the provider\'s own unit: "412 searches".'),
});
export type Account = z.infer<typeof account>;

export const verdict = z
  .object({
    kind: verdictKind,
    message: z.string().describe('One plain sentence: "Hunter.io did not accept this key."'),
    next_step: z.string().nullable().describe('What to do about it, in one sentence.'),
    next_step_url: z.url().nullable().describe('Where to do it, where the catalog knows.'),
    provider_message: z
      .string()
      .nullable()
      .describe("The provider's own words, at most 300 characters, secrets removed."),
    provider_status: z.int().nullable().describe('The HTTP status the provider answered with.'),
    request: z
      .object({ method: z.string(), host: z.string(), path: z.string() })
      .nullable()
      .describe('The request that was made; never its secret or query.'),
    permission: z.string().nullable().describe('With `missing_permission`: what is missing, where known.'),
    account: account.nullable(),
    retry_after_seconds: z.int().nullable(),
    checked_at: z.iso.datetime(),
  })
  .meta({ id: 'Verdict' });
export type Verdict = z.infer<typeof verdict>;
