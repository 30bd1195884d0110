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

export const auditQuery = pageQuery;
