import type { Connection as Shown } from '@keyrail/contract/connections';
import { ADDRESS_STAMP, AUTHORITY } from '../catalog/requests/base-url.ts';
import type { Listed } from '../connections/look.ts';
import { toldWords } from '../connections/told-words.ts';
import type { TokenFacts } from '../tokens/token.ts';
import { presentWithdrawal } from './present-withdrawal.ts';

/** A connection as the API shows it: what is not named here does not get out. */
export function presentConnection(connection: Listed): Shown {
  return {
    id: connection.id,
    integration: connection.integration,
    name: connection.name,
    method: connection.method,
    method_id: connection.methodId,
    is_default: connection.isDefault,
    status: connection.status,
    status_reason: connection.statusReason,
    status_since: connection.statusSince.toISOString(),
    account: connection.account,
    hint: connection.hint,
    fields: withoutStamp(connection.fields),
    facts: [...connection.facts],
    expires_at: endOf(connection)?.toISOString() ?? null,
    ends_at: connection.endsAt?.toISOString() ?? null,
    rotate_at: connection.rotateAt?.toISOString() ?? null,
    granted_scopes: connection.token?.scopes ? [...connection.token.scopes] : null,
    missing_scopes: connection.missingScopes,
    limited_actions: connection.limitedActions,
    token: presentToken(connection),
    withdrawal: connection.withdrawal === null ? null : presentWithdrawal(connection.withdrawal),
    last_verdict: connection.lastVerdict,
    last_checked_at: connection.lastCheckedAt?.toISOString() ?? null,
    next_check_at: connection.nextCheckAt?.toISOString() ?? null,
    last_used_at: connection.lastUsedAt?.toISOString() ?? null,
    has_previous_credential: connection.previousCredential !== null,
    previous_credential: presentPrevious(connection.previousCredential),
    dependents_count: connection.dependentsCount,
    created_by: connection.createdByLabel,
    created_at: connection.createdAt.toISOString(),
    updated_at: connection.updatedAt.toISOString(),
    version: connection.version,
  };
}

/** A token that renews itself ends for nobody; one that cannot be renewed, or a grant with an end, ends the connection. */
function endOf({ expiresAt, endsAt, token }: Listed): Date | null {
  const own = token === null || token.isRenewable ? null : token.expiresAt;
  const ends = [expiresAt, endsAt, token?.grantEnd?.endsAt ?? null, own].filter((end) => end !== null);
  return ends.sort((one, other) => one.getTime() - other.getTime())[0] ?? null;
}

function presentToken({ token }: Listed): Shown['token'] {
  if (token === null) return null;
  return {
    renewed_at: token.mintedAt?.toISOString() ?? null,
    expires_at: token.expiresAt?.toISOString() ?? null,
    next_renewal_at: token.renewAt?.toISOString() ?? null,
    problem: problemOf(token),
    problem_kind: problemKindOf(token),
    is_refused: token.isRefused,
    ended_because: token.ended === null ? null : ENDED[token.ended.because],
  };
}

const ENDED = {
  expired: 'expired',
  revoked: 'revoked',
  rejected: 'rejected',
  interrupted: 'renewal_interrupted',
} as const;

function problemOf({ failure, isHeld, isRefused, ended }: TokenFacts): string | null {
  if (ended !== null) return `It cannot be renewed any more.${said(ended.words)}`;
  if (failure?.kind === 'setup_rejected')
    return `The one-time sign-in setup is not accepted.${said(failure.words)}`;
  if (failure !== null)
    return `The last renewal did not come about; it is tried again by itself.${said(failure.words)}`;
  if (isHeld && isRefused) return 'The last renewal was interrupted; it is tried again by itself.';
  return isHeld
    ? 'The last renewal was interrupted. The token is used to its end before it is tried again, since asking twice could end the access.'
    : null;
}

function problemKindOf({ failure, isHeld, ended }: TokenFacts): NonNullable<Shown['token']>['problem_kind'] {
  if (ended !== null) return 'ended';
  return failure?.kind ?? (isHeld ? 'interrupted' : null);
}

function said(words: string | null): string {
  const { said: theirs, advice } = toldWords(words);
  const quoted = theirs === null ? '' : ` The tool says: “${theirs}”`;
  return advice === null ? quoted : `${quoted} ${advice}`;
}

/** Ours to compare, and nothing to anybody else. */
function withoutStamp(fields: Readonly<Record<string, string>>): Record<string, string> {
  const { [ADDRESS_STAMP]: _, [AUTHORITY]: __, ...shown } = fields;
  return shown;
}

function presentPrevious(previous: Listed['previousCredential']): Shown['previous_credential'] {
  if (previous === null) return null;
  const { hint, replacedAt, destroyAfter } = previous;
  return { hint, replaced_at: replacedAt.toISOString(), destroyed_at: destroyAfter.toISOString() };
}
