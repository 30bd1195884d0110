import type { Queries } from '../../db/open.ts';
import { sealedColumn } from '../../db/sealed-column.ts';
import { appPlaceOf, operatorPlaceOf } from './app-secret.ts';

const sealed = { column: 'sealed', keyIdColumn: 'key_id' } as const;
const byIntegration = [{ column: 'integration', type: 'text' }] as const;

/** For the vault, when keys change: client secrets of sign-in setups, those that can be rolled back to as well. */
export const sealedAppSecrets = (system: Queries) => [
  sealedColumn(system, {
    ...sealed,
    name: 'sign-in setups',
    table: 'oauth_apps',
    key: [{ column: 'id', type: 'text' }],
    reads: ['workspace_id', 'version'],
    place: (row) => appPlaceOf(placeIn(row, 'id')),
  }),
  sealedColumn(system, {
    ...sealed,
    name: 'previous client secrets',
    table: 'oauth_previous_secrets',
    key: [{ column: 'app_id', type: 'text' }],
    reads: ['workspace_id', 'version'],
    place: (row) => appPlaceOf(placeIn(row, 'app_id')),
  }),
  sealedColumn(system, {
    ...sealed,
    name: "the operator's sign-in setups",
    table: 'oauth_operator_apps',
    key: byIntegration,
    reads: ['version'],
    place: (row) => operatorPlaceOf({ integration: String(row.integration), version: Number(row.version) }),
  }),
  sealedColumn(system, {
    ...sealed,
    name: "the operator's previous client secrets",
    table: 'oauth_operator_previous_secrets',
    key: byIntegration,
    reads: ['version'],
    place: (row) => operatorPlaceOf({ integration: String(row.integration), version: Number(row.version) }),
  }),
];

function placeIn(row: Record<string, unknown>, id: string) {
  return { workspaceId: String(row.workspace_id), id: String(row[id]), version: Number(row.version) };
}
