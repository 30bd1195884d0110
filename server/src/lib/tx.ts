declare const transaction: unique symbol;

/**
 * An open database transaction, bound to one workspace, as everything above a store sees it: something to pass
 * on, so that a change, its audit entry and its job commit together. Only stores can look inside.
 */
export interface Tx {
  readonly [transaction]: true;
}

/**
 * Runs `work` in one transaction that sees and writes the rows of `workspaceId` alone. `read`: it writes nothing, takes no
 * lock, and needs no transaction around its statements, which costs two ways to the database less.
 */
export type Transact = <T>(
  workspaceId: string,
  work: (tx: Tx) => Promise<T>,
  kind?: 'read' | 'write',
) => Promise<T>;
