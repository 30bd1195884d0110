import type { AuthorizationId } from '@keyrail/contract/ids';
import { AppError } from '../../lib/app-error.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import { findAuthorization } from '../../oauth/authorizations.ts';
import { type Begun, goOn } from '../../oauth/begin.ts';
import type { Who } from '../../workspaces/who.ts';
import { findConnection } from '../connection-store.ts';
import { methodFor } from './callback.ts';
import { notTheirs, personOf } from './person.ts';
import type { Asked, SignInsDeps } from './sign-ins.ts';

/** What an API token began, as the person is told before they go on with it. */
export async function askedOf(deps: SignInsDeps, id: AuthorizationId): Promise<Asked | null> {
  const authorization = await deps.lookup.byId(id);
  if (authorization === null || authorization.askedBy === null) return null;
  const known = await methodFor(deps, authorization);
  const { workspaceId, connectionId, wanted } = authorization;
  const connection =
    connectionId === null
      ? null
      : await deps.transact(workspaceId, (tx) => findConnection(tx, workspaceId, connectionId));
  const address = known && filledAddress(known.definition, known.method.authorizeUrl, wanted.fields);
  return {
    authorization,
    toolName: known?.definition.name ?? authorization.integration,
    host: address === null ? null : new URL(address).host,
    connectionName: connection?.name ?? null,
    isOver: authorization.state !== 'pending' || authorization.expiresAt <= deps.clock.now(),
  };
}

/** From here on it is that person's, in the browser that asks. */
export async function goOnWith(deps: SignInsDeps, who: Who, id: string, origin: string): Promise<Begun> {
  const { workspaceId } = who;
  if (personOf(who) === null) throw notTheirs();
  const found = await deps.transact(workspaceId, (tx) => findAuthorization(tx, workspaceId, id));
  if (found === null || found.askedBy === null) throw new AppError('not_found');
  const known = await methodFor(deps, found);
  const begun = known === null ? null : await goOn(deps, who, found, { ...known, origin });
  if (begun !== null) return begun;
  throw new AppError('conflict', {
    reason: 'over',
    detail: 'This sign-in is over, or somebody else goes on with it. Have it begun again.',
  });
}
