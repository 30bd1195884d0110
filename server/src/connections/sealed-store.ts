import type { Queries } from '../db/open.ts';
import { sealedColumn } from '../db/sealed-column.ts';
import { credentialPlace } from './credential.ts';

/** For the vault, when keys change: the secrets of connections. */
export const sealedCredentials = (system: Queries) =>
  sealedColumn(system, {
    name: 'credentials',
    table: 'credentials',
    column: 'sealed',
    keyIdColumn: 'key_id',
    key: [
      { column: 'connection_id', type: 'text' },
      { column: 'version', type: 'integer' },
    ],
    reads: ['workspace_id'],
    place: (row) => credentialPlace(String(row.workspace_id), String(row.connection_id), Number(row.version)),
  });
