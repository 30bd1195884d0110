import { connection as connectionShape } from '@keyrail/contract/connections';
import { sql } from 'kysely';
import { z } from 'zod';
import { queries } from '../db/open.ts';
import { PLANNED_ONCE } from '../db/pool.ts';
import type { Tx } from '../lib/tx.ts';
import type { Connection } from './connection.ts';
import type { StoredCredential } from './credential-store.ts';

/** What is looked at of a connection whose credential is handed out, and no more: it is read for each time. */
export interface Readable
  extends Pick<Connection, 'id' | 'workspaceId' | 'integration' | 'name' | 'status' | 'statusReason'> {
  /** The current credential; null: there is none. */
  stored: Pick<StoredCredential, 'version' | 'sealed' | 'methodId' | 'fields' | 'fingerprint'> | null;
  expiresAt: Date | null;
}

/** Those of these connections that are there, by id. */
export async function findReadable(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Readable>> {
  const rows = await queries(tx)
    .selectFrom('connections as connection')
    .modifyFront(PLANNED_ONCE)
    .leftJoin('credentials as current', (join) =>
      join
        .onRef('current.connection_id', '=', 'connection.id')
        .onRef('current.workspace_id', '=', 'connection.workspace_id')
        .on('current.state', '=', 'current'),
    )
    .select([
      'connection.id',
      'connection.integration',
      'connection.name',
      'connection.status',
      'connection.status_reason',
      'current.version',
      'current.sealed',
      'current.method_id',
      'current.fields',
      'current.fingerprint',
      'current.expires_at',
    ])
    .where('connection.workspace_id', '=', workspaceId)
    .where('connection.id', '=', sql<string>`any(${[...ids]})`)
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id as Connection['id'],
        workspaceId: workspaceId as Connection['workspaceId'],
        integration: row.integration,
        name: row.name,
        status: connectionShape.shape.status.parse(row.status),
        statusReason: row.status_reason,
        stored: storedOf(row),
        expiresAt: row.expires_at,
      },
    ]),
  );
}

const fieldsShape = z.record(z.string(), z.string());

function storedOf(row: {
  version: number | null;
  sealed: string | null;
  method_id: string | null;
  fields: unknown;
  fingerprint: string | null;
}): Readable['stored'] {
  const { version, sealed, method_id: methodId, fingerprint } = row;
  if (version === null || sealed === null || methodId === null) return null;
  return { version, sealed, methodId, fields: fieldsShape.parse(row.fields), fingerprint };
}
