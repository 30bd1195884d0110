import type { ColumnAction, ValueType } from '@keyrail/contract/tables';

/** A grid of records. Its rows are elsewhere: there may be a million of them. */
export interface Table {
  id: string;
  workspaceId: string;
  name: string;
  rowCount: number;
  /** Counts changes of name and columns, not of rows: it is the ETag. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface Column {
  id: string;
  /** The name under which rows keep this column's value (`values ->> key`); only stores look at it. */
  key: number;
  name: string;
  type: ValueType | 'action';
  /** From 0, left to right, without gaps. */
  position: number;
  /** In CSS pixels; null where nobody set it. */
  width: number | null;
  /** What it runs in each row; null unless `type` is `action`. */
  action: ColumnAction | null;
}

/** A value as rows keep it and the API shows it; an empty one is left out. */
export type StoredValue = string | number | boolean | JsonValue[] | { [name: string]: JsonValue };
export type JsonValue = StoredValue | null;

export interface Row {
  id: string;
  position: number;
  /** By column id. */
  values: Record<string, StoredValue>;
}
