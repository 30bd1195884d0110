import type { ConnectionEvent } from '@keyrail/contract/connections';
import type { Entry } from '../audit/entry.ts';
import type { AuditEvent } from '../audit/record.ts';
import type { Who } from '../workspaces/who.ts';
import type { Readable } from './hand-out-store.ts';

export const READ = 'connection.credentials_read';

/** A reading is written down once, in the audit log: its line in the timeline is made from that (`lineOf`). */
export function entryOf(
  who: Who,
  connection: Pick<Readable, 'id' | 'name' | 'integration'>,
  stored: Pick<NonNullable<Readable['stored']>, 'version' | 'fingerprint'>,
): AuditEvent {
  return {
    who,
    action: READ,
    subject: { kind: 'connection', id: connection.id, name: connection.name },
    detail: {
      integration: connection.integration,
      credential_version: stored.version,
      fingerprint: stored.fingerprint,
    },
  };
}

/** The reading as a line of the connection's timeline. */
export function lineOf({ id, at, actorLabel }: Pick<Entry, 'id' | 'at' | 'actorLabel'>): ConnectionEvent {
  const message = 'The credentials were read through the API.';
  return { id, kind: 'credentials_read', message, actor: actorLabel, at: at.toISOString() };
}
