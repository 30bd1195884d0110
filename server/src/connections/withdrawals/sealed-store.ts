import type { Queries } from '../../db/open.ts';
import { sealedColumn } from '../../db/sealed-column.ts';
import { withdrawalPlaceOf } from './withdrawal-box.ts';

/** For the vault, when keys change: access that providers have still to be told of. */
export const sealedWithdrawals = (system: Queries) =>
  sealedColumn(system, {
    name: 'withdrawals',
    table: 'withdrawals',
    column: 'sealed',
    keyIdColumn: 'key_id',
    key: [{ column: 'id', type: 'text' }],
    reads: ['workspace_id'],
    place: (row) => withdrawalPlaceOf({ workspaceId: String(row.workspace_id), id: String(row.id) }),
  });
