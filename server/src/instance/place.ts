import { z } from 'zod';

/**
 * Where a database runs. A dump that is restored gets another cluster or number; a copied data folder has both, and
 * another path.
 */
export const place = z.object({
  /** PostgreSQL's system_identifier: made with the cluster, kept over fail-overs. Null: not readable. */
  cluster: z.string().nullable(),
  /** The database's number (oid) in its cluster. */
  database: z.string(),
  /** The embedded database's data folder, links followed. Null: another one's. */
  folder: z.string().nullable().default(null),
});
export type Place = z.output<typeof place>;

/** What one of them does not say is no difference. */
export function isSamePlace(one: Place, other: Place): boolean {
  return (
    one.database === other.database &&
    isSameIfKnown(one.cluster, other.cluster) &&
    isSameIfKnown(one.folder, other.folder)
  );
}

function isSameIfKnown(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other;
}
