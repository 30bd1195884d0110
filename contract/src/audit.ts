import { z } from 'zod';
import { pageQuery, timestamp } from './page.ts';

/** One entry of the audit log. Entries are only ever added. */
export const auditEntry = z
  .object({
    id: z.string(),
    at: timestamp,
    actor: z.object({
      kind: z.enum(['user', 'token', 'keyrail', 'operator']),
      id: z.string().nullable(),
      label: z.string().describe('As it was called at that time.'),
    }),
    ip: z.string().nullable(),
    action: z.string().describe('Thing and deed: connection.created.'),
    subject: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
    detail: z
      .record(z.string(), z.json())
      .describe('Names of changed fields, counts, states; never a secret.'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditQuery = pageQuery.extend({
  actor: z
    .string()
    .max(100)
    .optional()
    .describe('The id of a person or token; or `keyrail` or `operator` for what they did.'),
  subject: z.string().max(100).optional().describe('The id of a thing: all that was done to it.'),
  action: z
    .string()
    .regex(
      /^[a-z_]+(\.[a-z_]+)?$/,
      'Expected a thing (connection) or a thing and a deed (connection.created).',
    )
    .max(100)
    .optional()
    .describe(
      'A whole action (`connection.created`), or a thing alone (`connection`) for all that is done to its kind.',
    ),
});
