import type { ActionCell, CellState, CellValue, Row } from '@keyrail/contract/tables';

/** Rows asked for at once; the API answers at most 200. */
export const pageSize = 100;
/** Pages kept in memory: 6,000 rows, whichever the table's size. */
const keptPages = 60;
/** While somebody scrolls through, pages are asked for at most this often. */
const paceMs = 90;

/** A value that somebody has entered. */
interface Shown {
  readonly rowId: string;
  readonly columnId: string;
  readonly value: CellValue;
}

type FetchPage = (offset: number, limit: number, signal: AbortSignal) => Promise<Row[]>;

/**
 * The part of a table that is on screen, with what surrounds it. Rows are known by their index; a row that is not
 * here yet is `undefined` and drawn as a skeleton. What is scrolled past before it came is not waited for.
 */
export class RowWindow {
  readonly #fetch: FetchPage;
  readonly #pages = new Map<number, Row[]>();
  readonly #loading = new Map<number, AbortController>();
  readonly #places = new Map<string, number>();
  readonly #listeners = new Map<number, Set<() => void>>();
  readonly #unsaved = new Set<Shown>();
  readonly #onError: (error: unknown) => void;
  #wanted: readonly number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastAsked = 0;

  constructor(fetch: FetchPage, onError: (error: unknown) => void) {
    this.#fetch = fetch;
    this.#onError = onError;
  }

  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  indexOf(rowId: string): number | undefined {
    return this.#places.get(rowId);
  }

  /** Told when a row of the same page changes. */
  subscribe(index: number, listener: () => void): () => void {
    const page = Math.floor(index / pageSize);
    const listeners = this.#listeners.get(page) ?? new Set();
    this.#listeners.set(page, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(page);
    };
  }

  /** Says which rows are on screen; a part of a page around them is asked for as well. */
  look(first: number, last: number): void {
    this.#wanted = pagesBetween(first - pageSize / 3, last + pageSize / 3);
    for (const [page, loading] of this.#loading) {
      if (!this.#wanted.includes(page)) loading.abort();
    }
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastAsked + paceMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#askMissing();
    }, wait);
  }

  /** Loads what is on screen again, and forgets the rest. What is shown stays until the new rows are here. */
  reload(): void {
    for (const page of [...this.#pages.keys()]) {
      if (!this.#wanted.includes(page)) this.#forget(page);
    }
    for (const loading of this.#loading.values()) loading.abort();
    this.#loading.clear();
    for (const page of this.#wanted) void this.#load(page);
  }

  /** Makes sure that rows are here, for copying or running what is not on screen. */
  async ensure(first: number, last: number): Promise<void> {
    const missing = pagesBetween(first, last).filter((page) => !this.#pages.has(page));
    for (const page of missing) await this.#load(page);
  }

  setValue(rowId: string, columnId: string, value: CellValue): void {
    this.#change(rowId, (row) => withValue(row, columnId, value));
  }

  /** Shows values that are on their way to the server, whatever is loaded meanwhile, until the returned is called. */
  show(values: readonly Shown[]): () => void {
    for (const one of values) {
      this.#unsaved.add(one);
      this.setValue(one.rowId, one.columnId, one.value);
    }
    return () => {
      for (const one of values) this.#unsaved.delete(one);
    };
  }

  replace(row: Row): void {
    this.#change(row.id, () => row);
  }

  /** The state of a cell as a run tells it; its value comes with the next load. */
  setState(rowId: string, columnId: string, state: CellState, message: string | null): void {
    this.#change(rowId, (row) => {
      const cell: ActionCell = { value: row.cells[columnId]?.value ?? null, state, message };
      return { ...row, cells: { ...row.cells, [columnId]: cell } };
    });
  }

  /** Stops everything; the grid is gone. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const loading of this.#loading.values()) loading.abort();
    this.#loading.clear();
  }

  #askMissing(): void {
    this.#lastAsked = performance.now();
    for (const page of this.#wanted) {
      if (!this.#pages.has(page) && !this.#loading.has(page)) void this.#load(page);
    }
  }

  async #load(page: number): Promise<void> {
    const loading = new AbortController();
    this.#loading.set(page, loading);
    try {
      const rows = await this.#fetch(page * pageSize, pageSize, loading.signal);
      if (!loading.signal.aborted) this.#keep(page, rows);
    } catch (error) {
      if (!loading.signal.aborted) this.#onError(error);
    } finally {
      if (this.#loading.get(page) === loading) this.#loading.delete(page);
    }
  }

  #keep(page: number, rows: Row[]): void {
    const before = this.#pages.get(page);
    // A row that has not changed keeps its identity, so that it is not drawn again.
    const kept = this.#withUnsaved(rows).map((row, at) =>
      isSame(before?.[at], row) ? (before?.[at] ?? row) : row,
    );
    this.#pages.delete(page);
    this.#pages.set(page, kept);
    kept.forEach((row, at) => {
      this.#places.set(row.id, page * pageSize + at);
    });
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= keptPages) break;
      if (!this.#wanted.includes(oldest)) this.#forget(oldest);
    }
    this.#tell(page);
  }

  #withUnsaved(rows: Row[]): Row[] {
    if (this.#unsaved.size === 0) return rows;
    const byId = new Map<string, Row>(rows.map((row) => [row.id, row]));
    for (const { rowId, columnId, value } of this.#unsaved) {
      const row = byId.get(rowId);
      if (row !== undefined) byId.set(rowId, withValue(row, columnId, value));
    }
    return [...byId.values()];
  }

  #forget(page: number): void {
    for (const row of this.#pages.get(page) ?? []) this.#places.delete(row.id);
    this.#pages.delete(page);
  }

  #change(rowId: string, change: (row: Row) => Row): void {
    const index = this.#places.get(rowId);
    if (index === undefined) return;
    const page = Math.floor(index / pageSize);
    const rows = this.#pages.get(page);
    const row = rows?.[index % pageSize];
    if (rows === undefined || row === undefined) return;
    rows[index % pageSize] = change(row);
    this.#tell(page);
  }

  #tell(page: number): void {
    for (const listener of this.#listeners.get(page) ?? []) listener();
  }
}

function pagesBetween(first: number, last: number): number[] {
  const from = Math.max(0, Math.floor(first / pageSize));
  const to = Math.max(from, Math.floor(last / pageSize));
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

const withValue = (row: Row, columnId: string, value: CellValue): Row => ({
  ...row,
  values: { ...row.values, [columnId]: value },
});

const isSame = (one: Row | undefined, other: Row): boolean =>
  one !== undefined && one.id === other.id && JSON.stringify(one) === JSON.stringify(other);
