import type { ResolvedConnection } from '../connections/resolve.ts';

/** Whether a token bound to these connections (null: to none in particular) may use the one that was found. */
export function isWithin(
  allowed: readonly string[] | ReadonlySet<string> | null,
  resolved: Exclude<ResolvedConnection, { kind: 'missing' }>,
): boolean {
  const id: string = resolved.kind === 'usable' ? resolved.connection.id : resolved.connectionId;
  return allowed === null || new Set(allowed).has(id);
}
