import type { Definition } from '../catalog/definition.ts';
import type { UsableConnection } from './resolve.ts';

/** What the documented limits are counted by: two connections to one account share them. */
export function budgetKeyOf(
  definition: Pick<Definition, 'slug' | 'rateLimits'>,
  connection: Pick<UsableConnection, 'id' | 'accountId'>,
): string {
  const sharedBy = definition.rateLimits?.sharedBy ?? 'connection';
  if (sharedBy === 'ip') return `ip:${definition.slug}`;
  if (sharedBy === 'account' && connection.accountId !== null)
    return `account:${definition.slug}:${connection.accountId}`;
  return connection.id;
}
