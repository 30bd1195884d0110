import type { Verdict } from '@keyrail/contract/verdicts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import type { Secret } from '../../lib/secret.ts';
import type { AppsDeps } from './apps.ts';
import { secretVerdict } from './secret-verdict.ts';
import { trySecret } from './try-secret.ts';
import { whereToTry } from './where-to-try.ts';

interface Of {
  definition: Definition;
  method: OAuth2Method;
}

/** What the provider says of a workspace's client secret. Nothing is stored, and no transaction is open. */
export async function checkSecret(
  deps: AppsDeps,
  workspaceId: string,
  { definition, method }: Of,
  clientId: string,
  secret: Secret<string>,
): Promise<Verdict> {
  const fields = await whereToTry(deps, workspaceId, definition, method);
  const outbound = fields === null ? deps.outbound : deps.outboundFor(definition, method, fields);
  const redirectUri = deps.redirectUri(definition.slug, workspaceId);
  const tried = await trySecret(
    { outbound, clock: deps.clock },
    { workspaceId, definition, method, clientId, secret, fields, redirectUri },
  );
  return secretVerdict(tried, definition.name, deps.clock.now());
}
