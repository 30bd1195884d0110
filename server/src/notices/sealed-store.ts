import type { Queries } from '../db/open.ts';
import { sealedColumn } from '../db/sealed-column.ts';
import { channelSecretPlaceOf } from './channel-secret.ts';

/** For the vault, when keys change: where chat messages go, and what webhooks are signed with. */
export const sealedChannels = (system: Queries) =>
  sealedColumn(system, {
    name: 'notification channels',
    table: 'notice_channels',
    column: 'sealed',
    keyIdColumn: 'key_id',
    key: [{ column: 'id', type: 'text' }],
    reads: ['workspace_id', 'sealed_version'],
    place: (row) =>
      channelSecretPlaceOf({
        workspaceId: String(row.workspace_id),
        id: String(row.id),
        sealedVersion: Number(row.sealed_version),
      }),
  });
