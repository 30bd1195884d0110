import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { fixedFields } from '../../catalog/requests/base-url.ts';
import type { Transact } from '../../lib/tx.ts';
import { filledAddress } from '../addresses.ts';
import { enteredHostField, hostOf } from './host.ts';
import { findHost } from './host-store.ts';

interface Deps {
  transact: Transact;
  signedInFields(workspaceId: string, integration: string): Promise<Readonly<Record<string, string>>[]>;
}

/**
 * What the address is made from at which a workspace's own client secret is tried; null: it is not known yet. Where people
 * enter the host, a secret goes to the one that the setup is for (host.ts), and to no other.
 */
export async function whereToTry(
  deps: Deps,
  workspaceId: string,
  definition: Definition,
  method: OAuth2Method,
): Promise<Readonly<Record<string, string>> | null> {
  const template = method.refresh === 'none' ? method.tokenUrl : (method.refreshUrl ?? method.tokenUrl);
  const unasked = fixedFields(definition);
  if (enteredHostField(definition, method) === null && filledAddress(definition, template, unasked) !== null)
    return unasked;
  const host = await hostMeant(deps, workspaceId, definition, method);
  if (host === 'none') return null;
  const candidates = await deps.signedInFields(workspaceId, definition.slug);
  const fits = candidates.find((fields) => {
    const address = filledAddress(definition, template, fields);
    return address !== null && (host === 'any' || hostOf(address) === host);
  });
  return fits ?? null;
}

async function hostMeant(
  { transact }: Deps,
  workspaceId: string,
  definition: Definition,
  method: OAuth2Method,
): Promise<string> {
  if (enteredHostField(definition, method) === null) return 'any';
  return (await transact(workspaceId, (tx) => findHost(tx, workspaceId, definition.slug), 'read')) ?? 'none';
}
