import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Transact } from '../lib/tx.ts';
import type { CellsSource } from './cells-source.ts';
import type { TableSettings } from './settings.ts';

/** What the room is handed by `compose`; each file takes of it what it needs. */
export interface TablesDeps {
  transact: Transact;
  catalog: Pick<Catalog, 'get'>;
  connections: Pick<Connections, 'resolve'>;
  cells: CellsSource;
  settings: TableSettings;
}
