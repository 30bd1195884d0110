import type { Queries } from '../db/open.ts';
import { sealedColumn } from '../db/sealed-column.ts';
import { heldPlaceOf } from './held.ts';

/** For the vault, when keys change: what sign-ins hold while somebody chooses an account. */
export const sealedAuthorizations = (system: Queries) =>
  sealedColumn(system, {
    name: 'sign-ins under way',
    table: 'authorizations',
    column: 'sealed',
    keyIdColumn: 'key_id',
    key: [{ column: 'id', type: 'text' }],
    reads: ['workspace_id'],
    place: (row) => heldPlaceOf({ workspaceId: String(row.workspace_id), id: String(row.id) }),
  });
