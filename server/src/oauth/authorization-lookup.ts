import type { SealedRecord } from '../vault/sealed-record.ts';
import type { Authorization } from './authorization.ts';

/** A callback says its state alone, so it is looked up before the workspace is known. */
export interface AuthorizationLookup {
  byState(stateHash: Buffer): Promise<Authorization | null>;
  /** For the page after the callback. */
  byId(id: string): Promise<Authorization | null>;
  /** Of any number of callbacks with one state, in all processes, one gets true. */
  take(stateHash: Buffer, now: Date): Promise<boolean>;
  /** Tokens that nobody came back for: taken out for good, to be withdrawn. Each is handed to one caller. */
  takeLeft(now: Date, most: number): Promise<{ authorization: Authorization; sealed: SealedRecord }[]>;
  /** Drops what nobody asks about any more. */
  forget(expiredBefore: Date): Promise<void>;
}
