import type { Verdict } from '@keyrail/contract/verdicts';
import type { Definition } from '../catalog/definition.ts';
import { fixedFields } from '../catalog/requests/base-url.ts';
import { instanceDeps } from '../compose/instance.ts';
import { composeOutbound } from '../compose/outbound.ts';
import { standingSeen } from '../instance/instance.ts';
import { silentLog } from '../lib/log.ts';
import type { Secret } from '../lib/secret.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { filledAddress } from '../oauth/addresses.ts';
import { signInMethod } from '../oauth/setups/apps.ts';
import { secretVerdict } from '../oauth/setups/secret-verdict.ts';
import { trySecret } from '../oauth/setups/try-secret.ts';
import type { OperatorDeps } from './command.ts';
import { redirectUri } from './sign-in-tool.ts';

/**
 * What the provider says of the operator's client secret, which is for the address that the file itself names (setups/host.ts).
 * Nothing is asked from a copy of a database.
 */
export async function verdictOnSecret(
  deps: OperatorDeps,
  definition: Definition,
  clientId: string,
  secret: Secret<string>,
): Promise<Verdict> {
  const method = signInMethod(definition);
  if (method === undefined) throw new StartRefused(`Nobody signs in at ${definition.name}.`);
  const outbound = await openOutbound(deps);
  try {
    const unasked = fixedFields(definition);
    const address = filledAddress(definition, method.tokenUrl, unasked);
    const tried = await trySecret(
      { outbound, clock: deps.clock },
      {
        workspaceId: 'operator',
        definition,
        method,
        clientId,
        secret,
        fields: address === null ? null : unasked,
        redirectUri: redirectUri(deps, definition.slug),
      },
    );
    return secretVerdict(tried, definition.name, deps.clock.now());
  } finally {
    await outbound.close();
  }
}

async function openOutbound({ config, db, clock }: OperatorDeps) {
  const seen = await standingSeen(instanceDeps(config, db));
  if (seen?.standing.kind === 'quarantined') {
    throw new StartRefused(
      'This looks like a copy of a database, so nothing is asked of anybody from here, and nothing was saved. Decide first: instance status.',
    );
  }
  return composeOutbound({
    config,
    db,
    clock,
    log: silentLog,
    databaseUrl: config.databaseUrl?.reveal() ?? 'postgres://127.0.0.1',
    instance: { mayLeave: () => undefined },
  });
}
