import type { MadeBackup } from '../make-backup.ts';
import { openSession } from './session.ts';

/** Notes that one was made. A database of an older release has no place for it. */
export async function noteBackup(url: string, { header, rows, bytes }: MadeBackup): Promise<void> {
  const client = await openSession(url, 'keyrail backup');
  try {
    const { rows: found } = await client.query("select to_regclass('backups') is not null as there");
    if (!found[0]?.there) return;
    await client.query(
      'insert into backups (id, made_at, row_count, size_bytes) values ($1, $2, $3, $4) on conflict do nothing',
      [header.salt, header.made_at, rows, bytes],
    );
  } finally {
    await client.end();
  }
}
