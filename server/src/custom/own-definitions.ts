import type { Definition } from '../catalog/definition.ts';
import type { Transact } from '../lib/tx.ts';
import { definitionOf } from './read-described.ts';
import { listCustom } from './store.ts';

interface Deps {
  transact: Transact;
  log: { warn(fields: object, message: string): void };
}

/** What a workspace described itself, for its catalog. One that this version no longer takes is left out, and logged. */
export async function ownDefinitions(
  { transact, log }: Deps,
  workspaceId: string,
): Promise<readonly Definition[]> {
  const own = await transact(workspaceId, (tx) => listCustom(tx, workspaceId), 'read');
  return own.flatMap(({ id, described, slug, addressStamp }) => {
    const definition = definitionOf(described, slug, addressStamp);
    if (definition === null) log.warn({ id }, 'a custom integration is left out: it has a problem');
    return definition ?? [];
  });
}
