import { authenticator, usesTokens } from '../auth-methods/apply.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { AppError } from '../lib/app-error.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import { type CheckEnteredDeps, type CheckedValues, checkEntered, egressDenied } from './check-entered.ts';
import { readEntered } from './entered.ts';
import { basePathOf } from './method.ts';
import { mintFrom } from './mint.ts';
import { findingWithoutMint } from './token-finding.ts';
import { mintedCredential } from './token-method.ts';
import { verdictOf } from './verdict.ts';

/** Credentials that are tried and not kept, with the only method of an integration that need not be saved. */
export interface Unkept {
  workspaceId: string;
  definition: Definition;
  credentials: Readonly<Record<string, string>>;
}

/** The check that connecting would make. Throws as connecting does; nothing is stored. */
export async function tryEntered(
  deps: CheckEnteredDeps,
  { workspaceId, definition, credentials }: Unkept,
): Promise<Pick<CheckedValues, 'verdict'> & { notes: string[] }> {
  const method = methodOf(definition);
  return checkEntered(deps, {
    workspaceId,
    definition,
    method,
    credentials,
    saveUnverified: true,
    existing: null,
  });
}

/** For a call with credentials that are not saved. Throws `invalid_input`, or `credential_rejected` where they buy no token. */
export async function enteredCredential(
  deps: CheckEnteredDeps,
  { workspaceId, definition, credentials }: Unkept,
): Promise<{ source: CredentialSource; fields: Readonly<Record<string, string>>; notes: string[] }> {
  const method = methodOf(definition);
  const at = deps.clock.now();
  const { values, fields, notes } = await readEntered(definition, method, credentials, {}, at);
  if (!usesTokens(method, fields)) {
    const signer = authenticator(method, values, basePathOf(definition, method, fields));
    return { source: literalCredential({ version: 1, ...signer }), fields, notes };
  }
  const from = { workspaceId, definition, method, fields, values };
  const outcome = await mintFrom(deps, from);
  if ('denied' in outcome && outcome.denied) throw egressDenied(definition.name, outcome.denied);
  if (outcome.kind === 'minted')
    return { source: literalCredential(mintedCredential(from, outcome.minted)), fields, notes };
  const verdict = verdictOf(findingWithoutMint(outcome), {
    definition,
    method,
    moment: 'entering',
    looksLike: null,
    otherAccount: null,
    at,
  });
  throw new AppError('credential_rejected', {
    reason: verdict.kind,
    detail: verdict.message,
    extra: { verdict },
  });
}

function methodOf(definition: Definition): AuthMethod {
  const [method] = definition.auth;
  if (method === undefined) throw new AppError('invalid_input');
  return method;
}
