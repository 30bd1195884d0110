import {
  type ConnectionStatus,
  connection as connectionShape,
  connectionStatus,
} from '@keyrail/contract/connections';
import type { ConnectionId, WorkspaceId } from '@keyrail/contract/ids';
import type { AuthMethodKind, Fact } from '@keyrail/contract/integrations';
import type { Account, Verdict } from '@keyrail/contract/verdicts';
import { z } from 'zod';
import type { Misfit } from './misfit.ts';

/** One named, saved set of credentials for one integration, without its secret. */
export interface Connection {
  id: ConnectionId;
  workspaceId: WorkspaceId;
  /** The slug. */
  integration: string;
  name: string;
  method: AuthMethodKind;
  /** The method's own id where the integration has two of one kind, else its kind again. */
  methodId: string;
  isDefault: boolean;
  status: ConnectionStatus;
  /** One plain sentence; null while all is well. */
  statusReason: string | null;
  statusSince: Date;
  /** Why the catalog has no use for it now: then the status says so. */
  misfit: Misfit | null;
  /** What it is to have again when it fits again; null: a check says. */
  before: StatusBefore | null;
  account: Account | null;
  /** The provider's stable id of the account, where it tells one. */
  accountId: string | null;
  /** The last 4 characters of a long key. */
  hint: string | null;
  /** What was entered and is no secret: connection fields, a user name. */
  fields: Readonly<Record<string, string>>;
  /** What is known of the credential and no secret: client e-mail, key id, certificate subject. */
  facts: readonly Fact[];
  /** When the credential itself ends, where known. */
  expiresAt: Date | null;
  /** When it ends as a person entered it, and when people want it replaced: of the present credential. */
  endsAt: Date | null;
  rotateAt: Date | null;
  lastVerdict: Verdict | null;
  lastCheckedAt: Date | null;
  nextCheckAt: Date | null;
  /** Checks in a row that could not be made, because the provider was down or busy. */
  checksMissed: number;
  /** When (or until when) a refused call asked for a check. */
  reportedAt: Date | null;
  lastUsedAt: Date | null;
  /** The replaced credential, while it can be rolled back to. */
  previousCredential: PreviousCredential | null;
  /** The version of the current credential; null where there is none (disconnected). */
  credentialVersion: number | null;
  createdBy: string | null;
  createdByLabel: string | null;
  createdAt: Date;
  updatedAt: Date;
  /** Counts changes by people (name, credentials, default), not checks: it is the ETag. */
  version: number;
}

/** The status of a connection while the catalog had a use for it, and what the last check had said. */
export const statusBefore = z.object({
  status: connectionStatus,
  reason: z.string().nullable(),
  since: z.iso.datetime(),
  verdict: connectionShape.shape.last_verdict,
});
export type StatusBefore = z.output<typeof statusBefore>;

/** What is shown of a credential that was replaced and is still there. */
export interface PreviousCredential {
  hint: string | null;
  replacedAt: Date;
  /** When it is destroyed, unless somebody does so before. */
  destroyAfter: Date;
}

/** From best to worst. */
export const STATUSES: readonly ConnectionStatus[] = connectionStatus.options;

export type BrokenStatus = Extract<ConnectionStatus, 'expired' | 'invalid' | 'revoked'>;

/** Calls with it fail until somebody reconnects it. */
export function isBroken(status: ConnectionStatus): status is BrokenStatus {
  return status === 'expired' || status === 'invalid' || status === 'revoked';
}

/** Work that waits for the connection may go on: it neither needs a new credential nor a top-up. */
export function isHealthy(status: ConnectionStatus): boolean {
  return !isBroken(status) && status !== 'disconnected' && status !== 'out_of_credits';
}
