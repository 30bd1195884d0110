import { z } from 'zod';
import { integrationIcon } from './integrations.ts';
import { timestamp } from './page.ts';

/** What ends, or is to be replaced. */
export const expiryKind = z
  .enum(['certificate', 'key', 'client_secret', 'sign_in', 'api_token', 'rotation'])
  .describe(
    "sign_in: access given by signing in ends, whatever is renewed. api_token: one of Keyrail's own. rotation: a date that people set; nothing stops then.",
  );
export type ExpiryKind = z.infer<typeof expiryKind>;

/** `GET /v1/expiries`: what ends when, the soonest first; one line for each end of each thing. */
export const expiry = z
  .object({
    id: z.string().describe('The same as long as the end is the same.'),
    kind: expiryKind,
    at: timestamp,
    source: z
      .enum(['credential', 'tool', 'entered', 'forecast'])
      .describe(
        'Who says so: the credential itself, the tool, a person, or Keyrail (an access that the tool ends for disuse).',
      ),
    subject: z.object({
      kind: z.enum(['connection', 'sign_in_setup', 'api_token']),
      id: z.string().describe('Of a sign-in setup: the slug of its integration.'),
      name: z.string(),
      integration: z.string().nullable().describe('The slug.'),
      integration_name: z.string().nullable(),
      icon: integrationIcon.nullable(),
    }),
    message: z.string().describe('One plain sentence: what ends and what to do.'),
    dependents_count: z.int().describe('What uses it: columns of a connection, connections of a setup.'),
    next_warning_at: timestamp
      .nullable()
      .describe(
        '30, 7 and 1 days ahead; the end itself where it was too near for any of them. Null: all warnings have been given.',
      ),
  })
  .meta({ id: 'Expiry' });
export type Expiry = z.infer<typeof expiry>;

export const expiriesQuery = z.strictObject({
  from: timestamp.optional().describe('Left out: what is over and not yet replaced is listed, too.'),
  until: timestamp.optional(),
  kind: expiryKind.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});
