import { z } from 'zod';

/**
 * Ids: a prefix that says what the thing is, `_`, and 26 characters of lower-case base32 (Crockford's
 * alphabet) over a UUIDv7. The alphabet keeps its order in ASCII, so ids sort by the time they were made.
 */
const idOf = <Prefix extends string>(prefix: Prefix) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`),
      `expected an id that starts with ${prefix}_`,
    )
    .brand<Prefix>();

export const workspaceId = idOf('wsp');
export const userId = idOf('usr');
export const connectionId = idOf('con');
export const tableId = idOf('tbl');
export const columnId = idOf('col');
export const rowId = idOf('row');
export const runId = idOf('run');
export const tokenId = idOf('tok');

export type WorkspaceId = z.infer<typeof workspaceId>;
export type UserId = z.infer<typeof userId>;
export type ConnectionId = z.infer<typeof connectionId>;
export type TableId = z.infer<typeof tableId>;
export type ColumnId = z.infer<typeof columnId>;
export type RowId = z.infer<typeof rowId>;
export type RunId = z.infer<typeof runId>;
export type TokenId = z.infer<typeof tokenId>;
