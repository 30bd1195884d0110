import type { SealedRecord, SecretPlace } from './sealed-record.ts';

/**
 * One kind of sealed records, as the room that keeps them hands it to the vault (`db/sealed-column.ts` makes one of a column).
 * compose collects them all; a test finds a column that is missing.
 */
export interface SealedRecords {
  /** As an operator reads it. */
  name: string;
  /** Where they are. */
  column: { table: string; column: string };
  usedOf(keyIds: readonly string[]): Promise<string[]>;
  count(): Promise<ReadonlyMap<string, number>>;
  under(keyId: string, after: readonly unknown[] | null, limit: number): Promise<SealedAt[]>;
  /** By compare-and-set; returns how many it was. */
  replace(changes: readonly { row: SealedAt; by: SealedRecord }[]): Promise<number>;
  /** It does not open: whoever it belongs to says so. */
  onUnreadable?(place: SecretPlace, because: string): Promise<void>;
}

/** A record and where it belongs; `key`: of its row. */
export interface SealedAt {
  key: readonly unknown[];
  place: SecretPlace;
  sealed: SealedRecord;
}
