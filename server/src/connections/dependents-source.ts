import type { Dependent } from '@keyrail/contract/connections';
import type { Tx } from '../lib/tx.ts';

/** What is asked about: the connection itself, and whether it also serves everything that says "the default". */
export interface DependedOn {
  connectionId: string;
  integration: string;
  isDefault: boolean;
}

/** Who uses a connection. Declared here, filled in by the rooms above (tables; later syncs and tokens). */
export interface DependentsSource {
  list(tx: Tx, workspaceId: string, of: DependedOn): Promise<Dependent[]>;
  /** By connection id; one without dependents may be left out. One query for a whole page of connections. */
  count(tx: Tx, workspaceId: string, of: readonly DependedOn[]): Promise<ReadonlyMap<string, number>>;
}
