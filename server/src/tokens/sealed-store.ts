import type { Queries } from '../db/open.ts';
import { sealedColumn } from '../db/sealed-column.ts';
import { tokenPlaceOf } from './token-box.ts';

/** For the vault, when keys change: short-lived tokens. */
export const sealedTokens = (system: Queries) =>
  sealedColumn(system, {
    name: 'tokens',
    table: 'tokens',
    column: 'sealed',
    keyIdColumn: 'key_id',
    key: [{ column: 'id', type: 'text' }],
    reads: ['workspace_id', 'generation'],
    place: ({ workspace_id: workspaceId, id, generation }) =>
      tokenPlaceOf({ workspaceId: String(workspaceId), id: String(id), generation: Number(generation) }),
  });
