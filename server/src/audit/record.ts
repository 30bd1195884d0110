import type { Tx } from '../lib/tx.ts';
import type { NewEntry } from './entry.ts';
import { insertEntries, insertEntry } from './store.ts';

/** Who did it: a person or token (a `Who` of the request is one), or Keyrail itself (a background check, the operator's command). */
export type Actor =
  | { workspaceId: string; userId: string | null; tokenId: string | null; label: string; ip: string }
  | { workspaceId: string; system: 'keyrail' | 'operator' };

export interface AuditEvent {
  who: Actor;
  /** Thing and deed in the past: `connection.created`, `table.exported`. */
  action: `${string}.${string}`;
  subject: { kind: string; id: string; name: string | null };
  /** Names of changed fields, counts, states. Never a value that could be secret, or a person's data. */
  detail?: Record<string, string | number | boolean | null | string[]>;
}

/**
 * Writes one entry of the audit log in the transaction of the change itself: no change without its entry, no entry
 * without its change. Entries are only ever added.
 */
export async function record(tx: Tx, event: AuditEvent): Promise<void> {
  await insertEntry(tx, entryOf(event));
}

/** Several of one workspace in one statement. */
export async function recordAll(tx: Tx, events: readonly AuditEvent[]): Promise<void> {
  if (events.length > 0) await insertEntries(tx, events.map(entryOf));
}

function entryOf(event: AuditEvent): NewEntry {
  const { who } = event;
  const isPerson = !('system' in who);
  return {
    workspaceId: who.workspaceId,
    actorKind: isPerson ? (who.tokenId === null ? 'user' : 'token') : who.system,
    actorId: isPerson ? (who.tokenId ?? who.userId) : null,
    actorLabel: isPerson ? who.label : who.system === 'keyrail' ? 'Keyrail' : 'the operator',
    ip: isPerson ? who.ip : null,
    action: event.action,
    subject: event.subject,
    detail: event.detail ?? {},
  };
}
