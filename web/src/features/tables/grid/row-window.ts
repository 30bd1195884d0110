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

/** A cell of which something is on its way to the server. */
interface Unsaved {
  /** What the server has, as far as it is known. */
  saved: CellValue | undefined;
  /** In the order in which they were entered: the last one is what is seen. */
  entered: Shown[];
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
  /** By row and column. */
  readonly #unsaved = new Map<string, Map<string, Unsaved>>();
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

  /**
   * Rows for copying, changing or running what is not on screen: all of them, however many are kept and whatever is scrolled or
   * loaded again meanwhile. Throws where they cannot be loaded.
   */
  async read(first: number, last: number): Promise<Row[]> {
    const rows: Row[] = [];
    for (const page of pagesBetween(first, last)) {
      const from = page * pageSize;
      const found =
        this.#pages.get(page) ?? (await this.#fetch(from, pageSize, new AbortController().signal));
      rows.push(...this.#withUnsaved(found).slice(Math.max(0, first - from), last - from + 1));
    }
    return rows;
  }

  setValue(rowId: string, columnId: string, value: CellValue): void {
    this.#change(rowId, (row) => withValue(row, columnId, value));
  }

  /**
   * Shows values that are on their way to the server, whatever is loaded meanwhile, until the returned is told whether the server
   * took them. Where it did not, the cell shows what was entered after them, else what the server has.
   */
  show(values: readonly Shown[]): (isTaken: boolean) => void {
    for (const one of values) {
      this.#unsavedOf(one).entered.push(one);
      this.setValue(one.rowId, one.columnId, one.value);
    }
    return (isTaken) => {
      for (const one of values) this.#settle(one, isTaken);
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
    this.#noteSaved(rows);
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

  #unsavedOf({ rowId, columnId }: Shown): Unsaved {
    const ofRow = this.#unsaved.get(rowId) ?? new Map<string, Unsaved>();
    const index = this.#places.get(rowId);
    const saved = index === undefined ? undefined : this.row(index)?.values[columnId];
    const cell = ofRow.get(columnId) ?? { saved, entered: [] };
    this.#unsaved.set(rowId, ofRow.set(columnId, cell));
    return cell;
  }

  #settle(one: Shown, isTaken: boolean): void {
    const { rowId, columnId, value } = one;
    const cell = this.#unsavedOf(one);
    cell.entered = cell.entered.filter((other) => other !== one);
    if (isTaken) cell.saved = value;
    if (cell.entered.length > 0) return;
    const ofRow = this.#unsaved.get(rowId);
    ofRow?.delete(columnId);
    if (ofRow?.size === 0) this.#unsaved.delete(rowId);
    if (!isTaken) this.setValue(rowId, columnId, cell.saved ?? null);
  }

  #withUnsaved(rows: Row[]): Row[] {
    if (this.#unsaved.size === 0) return rows;
    return rows.map((loaded) => {
      let row = loaded;
      for (const [columnId, { entered }] of this.#unsaved.get(row.id) ?? []) {
        const last = entered.at(-1);
        if (last !== undefined) row = withValue(row, columnId, last.value);
      }
      return row;
    });
  }

  /** What is loaded is what the server has, under what is still on its way to it. */
  #noteSaved(rows: readonly Row[]): void {
    if (this.#unsaved.size === 0) return;
    for (const row of rows) {
      for (const [columnId, cell] of this.#unsaved.get(row.id) ?? []) cell.saved = row.values[columnId];
    }
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
