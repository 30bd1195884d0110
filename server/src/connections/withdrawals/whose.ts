import { authenticator } from '../../auth-methods/apply.ts';
import type { Catalogs } from '../../catalog/catalogs.ts';
import type { Clock } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import type { Revocation } from '../../oauth/revocation.ts';
import type { Outbound } from '../../outbound/call.ts';
import { literalCredential } from '../../outbound/credential-source.ts';
import { basePathOf } from '../method.ts';
import { probe } from '../probe.ts';

export interface WhoseDeps {
  catalogs: Catalogs;
  outbound: Outbound;
  clock: Clock;
}

const LONGEST_MS = 15_000;

/**
 * Whose access it is, where nobody found out before it was given up: the integration's own check is made once with it. Null:
 * that does not tell.
 */
export async function whoseAccess(
  deps: WhoseDeps,
  { workspaceId, integration, method, fields, accessToken }: Revocation,
): Promise<{ id: string; name: string | null } | null> {
  const definition = (await deps.catalogs.of(workspaceId)).get(integration.slug);
  if (definition === undefined) return null;
  const token = new Secret({ access_token: accessToken.reveal() });
  const signer = authenticator(method, token, basePathOf(definition, method, fields));
  const credential = literalCredential({ version: 1, ...signer });
  const target = { definition, method, fields, credential, workspaceId, connectionId: null };
  // An address that cannot be made (any more) tells nothing.
  const outcome = await probe(deps, { ...target, timeoutMs: LONGEST_MS }).catch(() => null);
  const found = outcome?.kind === 'found' ? outcome.finding : null;
  if (found === null || found.accountId === null) return null;
  return { id: found.accountId, name: found.account?.name ?? null };
}
