import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { CredentialSource } from '../outbound/credential-source.ts';
import type { CredentialDoor } from './credential.ts';
import { createMemory } from './memory.ts';
import { type ResolvedConnection, resolveConnection, type UsableConnection } from './resolve.ts';

/** What a call needs of a connection: where to send it (fields), how to sign it (method), and the secret's source. */
export type ForCall =
  | { kind: 'usable'; connection: UsableConnection & { credential: CredentialSource } }
  | Exclude<ResolvedConnection, { kind: 'usable' }>;

interface Deps {
  transact: Transact;
  clock: Clock;
  door: Pick<CredentialDoor, 'source'>;
}

export interface ForCallSource {
  /** The connection for one call; null means the integration's default at this moment. */
  find(workspaceId: string, integration: string, connectionId: string | null): Promise<ForCall>;
  forget(workspaceId: string | null): void;
}

const MAX_KEPT = 2_000;

/** Answers out of memory for a few seconds: a run asks once for each of its cells. */
export function createForCall(deps: Deps, limits: { keepMs: number }): ForCallSource {
  const kept = createMemory<ResolvedConnection>(deps, { keepMs: limits.keepMs, maxEntries: MAX_KEPT });
  return {
    find: async (workspaceId, integration, connectionId) => {
      const resolved = await kept.get(workspaceId, `${integration} ${connectionId ?? ''}`, () =>
        deps.transact(workspaceId, (tx) => resolveConnection(tx, workspaceId, { integration, connectionId })),
      );
      if (resolved.kind !== 'usable') return resolved;
      const credential = deps.door.source(workspaceId, resolved.connection.id);
      return { kind: 'usable', connection: { ...resolved.connection, credential } };
    },
    forget: (workspaceId) => kept.forget(workspaceId),
  };
}
