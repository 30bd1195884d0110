import type { Catalogs } from '../catalog/catalogs.ts';
import type { Connections } from '../connections/connections.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { BulkDatabase } from './bulk-store.ts';
import type { CellsSource } from './cells-source.ts';
import type { ImportLimits } from './csv/limits.ts';

/** What the room is handed by `compose`; each file takes of it what it needs. */
export interface TablesDeps {
  transact: Transact;
  catalogs: Catalogs;
  connections: Pick<Connections, 'resolve'>;
  cells: CellsSource;
  clock: Clock;
  /** Long transactions of their own: files in and out. */
  bulk: BulkDatabase;
  limits: ImportLimits;
}
