import type { Connection as Shown } from '@keyrail/contract/connections';
import { ADDRESS_STAMP } from '../catalog/base-url.ts';
import type { Listed } from '../connections/look.ts';

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
    granted_scopes: connection.token?.scopes ? [...connection.token.scopes] : null,
    missing_scopes: connection.missingScopes,
    limited_actions: connection.limitedActions,
    token: null,
    withdrawal: null,
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

/** A token that renews itself ends for nobody; one that cannot be renewed ends the connection. */
function endOf({ expiresAt, token }: Listed): Date | null {
  return expiresAt ?? (token === null || token.isRenewable ? null : token.expiresAt);
}

/** Ours to compare, and nothing to anybody else. */
function withoutStamp(fields: Readonly<Record<string, string>>): Record<string, string> {
  const { [ADDRESS_STAMP]: _, ...shown } = fields;
  return shown;
}

function presentPrevious(previous: Listed['previousCredential']): Shown['previous_credential'] {
  if (previous === null) return null;
  const { hint, replacedAt, destroyAfter } = previous;
  return { hint, replaced_at: replacedAt.toISOString(), destroyed_at: destroyAfter.toISOString() };
}
