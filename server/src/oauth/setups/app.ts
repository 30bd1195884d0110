import type { OAuthAppId } from '@keyrail/contract/ids';
import type { SealedRecord } from '../../vault/sealed-record.ts';

/** Client id and secret as they are stored. The secret leaves through app-secret.ts alone. */
interface StoredApp {
  integration: string;
  clientId: string;
  /** Null: a client that has no secret. */
  sealed: SealedRecord | null;
  secretHint: string | null;
  version: number;
  updatedAt: Date;
  /** The redirect URI to be registered when it was entered: another public address makes it another one. Null, or left out: not known. */
  enteredUnder?: string | null;
  /** Of an integration that the workspace, or a file of one's own, describes: the address the secret was entered for. */
  addressStamp: string | null;
  /** Null: nobody has seen the provider refuse it. */
  refusal: Refusal | null;
  /** The client secret that this one replaced, while it can be rolled back to. */
  previous: PreviousSecret | null;
}

/** What is shown of a client secret that was replaced and is still there. */
export interface PreviousSecret {
  hint: string | null;
  replacedAt: Date;
  /** When it is destroyed, unless somebody does so before. */
  destroyAfter: Date;
}

/** What people entered of a client secret, and goes with it. */
export interface SecretDates {
  endsAt: Date | null;
  /** When it is to be replaced. */
  rotateAt: Date | null;
  /** When somebody entered that. */
  setAt: Date | null;
}

export const NO_DATES: SecretDates = { endsAt: null, rotateAt: null, setAt: null };

/** Undefined leaves a date as it is, null takes it away. */
export function secretDates(
  given: { endsAt?: Date | null | undefined; rotateAt?: Date | null | undefined },
  before: SecretDates,
  at: Date,
): SecretDates {
  const { endsAt = before.endsAt, rotateAt = before.rotateAt } = given;
  const isSame =
    endsAt?.getTime() === before.endsAt?.getTime() && rotateAt?.getTime() === before.rotateAt?.getTime();
  return isSame ? before : { endsAt, rotateAt, setAt: endsAt === null && rotateAt === null ? null : at };
}

/** The provider does not take this client id or secret (`invalid_client`). One word on it for all connections under it. */
export interface Refusal {
  since: Date;
  /** The provider's own words. */
  words: string | null;
  tries: number;
  /** When one connection, and one only, may try it again. */
  retryAt: Date;
}

export interface WorkspaceApp extends StoredApp {
  id: OAuthAppId;
  workspaceId: string;
  methodId: string;
  updatedBy: string | null;
  dates: SecretDates;
}

/** For all workspaces of this server that have none of their own. */
export type OperatorApp = StoredApp;

/** Of a shorter secret four characters would say too much. */
const SHORTEST_WITH_HINT = 12;

export function secretHint(secret: string): string | null {
  return secret.length >= SHORTEST_WITH_HINT ? secret.slice(-4) : null;
}
